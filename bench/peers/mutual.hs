-- bench/peers/mutual.hs: see bench/programs/mutual.sire.
module Main (main) where

import Peer

isEven, isOdd :: N -> Bool
isEven 0 = True
isEven n = isOdd (n - 1)
isOdd 0 = False
isOdd n = isEven (n - 1)
{-# NOINLINE isEven #-}
{-# NOINLINE isOdd #-}

main :: IO ()
main = peer (\n -> if isEven n then n + 1 else n)
