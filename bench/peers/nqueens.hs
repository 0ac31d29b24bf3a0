-- bench/peers/nqueens.hs: see bench/programs/nqueens.sire.
module Main (main) where

import Peer

data List a = Nil | Cons a (List a)

isSafe :: N -> N -> List N -> Bool
isSafe _ _ Nil = True
isSafe distance column (Cons queen further)
  | queen == column = False
  | queen == column + distance = False
  | column == queen + distance = False
  | otherwise = isSafe (distance + 1) column further

gen :: N -> List N
gen n = from 0 where from i = if i == n then Nil else Cons i (from (i + 1))

mapList :: (a -> b) -> List a -> List b
mapList _ Nil = Nil
mapList f (Cons x xs) = Cons (f x) (mapList f xs)

filterList :: (a -> Bool) -> List a -> List a
filterList _ Nil = Nil
filterList p (Cons x xs) = if p x then Cons x (filterList p xs) else filterList p xs

weld :: List a -> List a -> List a
weld Nil ys = ys
weld (Cons x xs) ys = Cons x (weld xs ys)

catMap :: (a -> List b) -> List a -> List b
catMap _ Nil = Nil
catMap f (Cons x xs) = weld (f x) (catMap f xs)

extend :: N -> List N -> List (List N)
extend n placed =
  mapList (\column -> Cons column placed) (filterList (\column -> isSafe 1 column placed) (gen n))

solutions :: N -> N -> List (List N)
solutions _ 0 = Cons Nil Nil
solutions n rows = catMap (extend n) (solutions n (rows - 1))

count :: N -> List a -> N
count n Nil = n
count n (Cons _ xs) = n `seq` count (n + 1) xs

main :: IO ()
main = peer (\n -> count 0 (solutions n n))
