-- bench/peers/factorial.hs: see bench/programs/factorial.sire. Needs Integer: n! is big.
-- variants: Integer
{-# LANGUAGE BangPatterns #-}
module Main (main) where

import Peer

factorial :: Integer -> Integer -> Integer
factorial !product_ 0 = product_
factorial !product_ n = factorial (product_ * n) (n - 1)

main :: IO ()
main = peer (\n -> fromIntegral (factorial 1 (fromIntegral n) `mod` 1000000007))
