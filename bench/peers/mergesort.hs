-- bench/peers/mergesort.hs: see bench/programs/mergesort.sire.
module Main (main) where

import Peer

data List = Nil | Cons N List

random :: N -> N -> List
random 0 _ = Nil
random n seed = let next = nextRandom seed in next `seq` Cons next (random (n - 1) next)

merge :: List -> List -> List
merge Nil bs = bs
merge as Nil = as
merge as@(Cons a moreAs) bs@(Cons b moreBs)
  | a <= b = Cons a (merge moreAs bs)
  | otherwise = Cons b (merge as moreBs)

takeList, dropList :: N -> List -> List
takeList n (Cons x xs) | n > 0 = Cons x (takeList (n - 1) xs)
takeList _ _ = Nil
dropList n (Cons _ xs) | n > 0 = dropList (n - 1) xs
dropList _ xs = xs

mergeSort :: N -> List -> List
mergeSort n xs
  | n <= 1 = takeList n xs
  | otherwise = merge (mergeSort half xs) (mergeSort (n - half) (dropList half xs))
  where half = n `div` 2

checksum :: N -> List -> N
checksum total Nil = total
checksum total (Cons x xs) = total `seq` checksum ((total * 31 + x) `mod` 1000000007) xs

main :: IO ()
main = peer (\n -> checksum 0 (mergeSort n (random n 42)))
