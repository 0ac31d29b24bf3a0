-- bench/peers/Peer.hs: what every Haskell peer is made of: the number type, main, arguments.
--
-- Compiled with -DNUM=Int and with -DNUM=Integer: the first is what a Haskell programmer would
-- write, the second has the numbers of PLAN. A peer is called as `peer N [TIMES]`, like those in C,
-- and defines its own list functions, so that GHC's fusion rules do not remove the lists.
{-# LANGUAGE CPP #-}
module Peer (N, peer, nextRandom) where

import Control.Exception (evaluate)
import Data.IORef (newIORef, readIORef)
import System.Environment (getArgs)

type N = NUM

-- Reads n anew for every computation: otherwise the second would find the result of the first.
peer :: (N -> N) -> IO ()
peer program = do
  arguments <- map read <$> getArgs
  cell <- newIORef (head (arguments ++ [0]))
  let run :: N -> N -> IO N
      run 0 result = return result
      run times _ = do
        n <- readIORef cell
        result <- evaluate (program n)
        run (times - 1) result
  run (head (drop 1 arguments ++ [1])) 0 >>= print
{-# NOINLINE peer #-}

nextRandom :: N -> N
nextRandom seed = (seed * 1103515245 + 12345) `mod` 2147483648
