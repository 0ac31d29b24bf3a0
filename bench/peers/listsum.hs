-- bench/peers/listsum.hs: see bench/programs/listsum.sire.
module Main (main) where

import Peer

data List = Nil | Cons N List

gen :: N -> List
gen n = from 0 where from i = if i == n then Nil else Cons i (from (i + 1))
{-# NOINLINE gen #-}

sumList :: N -> List -> N
sumList total Nil = total
sumList total (Cons x xs) = total `seq` sumList (total + x) xs
{-# NOINLINE sumList #-}

main :: IO ()
main = peer (sumList 0 . gen)
