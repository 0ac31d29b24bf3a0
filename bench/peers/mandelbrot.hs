-- bench/peers/mandelbrot.hs: see bench/programs/mandelbrot.sire.
{-# LANGUAGE BangPatterns #-}
module Main (main) where

import Data.Bits (shiftR)
import Peer

stepsLeft :: N -> Bool -> N -> Bool -> N -> N -> N -> N
stepsLeft 0 _ _ _ _ _ _ = 0
stepsLeft !steps !nx !x !ny !y !p !q
  | xx + yy > 16384 = steps
  | otherwise = stepsLeft (steps - 1) mx (if mx then b - a else a - b)
                  my (if my then d - c else c - d) p q
  where
    xx = (x * x) `shiftR` 12
    yy = (y * y) `shiftR` 12
    xy = (x * y) `shiftR` 11
    same = nx == ny
    a = xx + p
    b = yy + 8192
    c = if same then xy + q else q
    d = if same then 5120 else xy + 5120
    mx = a < b
    my = c < d

row :: N -> N -> N -> N -> N
row n j i !total
  | i == n = total
  | otherwise = row n j (i + 1) (total + 50 - left)
  where left = stepsLeft 50 False 0 False 0 ((i * 10240) `div` n) ((j * 10240) `div` n)

grid :: N -> N -> N -> N
grid n j !total
  | j == n = total
  | otherwise = grid n (j + 1) (row n j 0 total)

main :: IO ()
main = peer (\n -> grid n 0 0)
