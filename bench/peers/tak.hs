-- bench/peers/tak.hs: see bench/programs/tak.sire.
{-# LANGUAGE BangPatterns #-}
module Main (main) where

import Peer

tak :: N -> N -> N -> N
tak !x !y !z
  | y < x = tak (tak (x - 1) y z) (tak (y - 1) z x) (tak (z - 1) x y)
  | otherwise = z

main :: IO ()
main = peer (\n -> tak (3 * n) (2 * n) n)
