-- bench/peers/sieve.hs: see bench/programs/sieve.sire.
module Main (main) where

import Peer

data List = Nil | Cons N List

from :: N -> List
from n = Cons n (from (n + 1))

filterList :: (N -> Bool) -> List -> List
filterList _ Nil = Nil
filterList p (Cons x xs) = if p x then Cons x (filterList p xs) else filterList p xs

sift :: List -> List
sift Nil = Nil
sift (Cons prime more) = Cons prime (sift (filterList (\x -> x `mod` prime /= 0) more))

sumFirst :: N -> N -> List -> N
sumFirst total n (Cons x xs) | n > 0 = total `seq` sumFirst (total + x) (n - 1) xs
sumFirst total _ _ = total

-- That the list depends on n keeps GHC from computing it once for all repetitions.
main :: IO ()
main = peer (\n -> sumFirst 0 n (sift (from (min 2 n))))
