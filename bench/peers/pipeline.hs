-- bench/peers/pipeline.hs: see bench/programs/pipeline.sire.
module Main (main) where

import Data.Array (Array, elems, listArray)
import Data.List (foldl')
import Peer

row :: N -> Array Int N
row n = listArray (0, fromIntegral n - 1) [0 .. n - 1]
{-# NOINLINE row #-}

mapRow :: (N -> N) -> Array Int N -> Array Int N
mapRow = fmap
{-# NOINLINE mapRow #-}

sumRow :: Array Int N -> N
sumRow = foldl' (+) 0 . elems
{-# NOINLINE sumRow #-}

main :: IO ()
main = peer (\n -> sumRow (mapRow (\x -> x * x `mod` 1009) (mapRow (+ 7) (row n))))
