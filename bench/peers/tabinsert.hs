-- bench/peers/tabinsert.hs: see bench/programs/tabinsert.sire.
--
-- A tab as ours is: an immutable row of sorted keys and one of their values, both copied by every
-- insertion. Haskell's libraries would take a balanced tree; trees are compared by treeinsert.
{-# LANGUAGE MagicHash, UnboxedTuples #-}
module Main (main) where

import GHC.Exts
import Peer

data Row = Row (Array# N)

data Tab = Tab Row Row

size :: Row -> Int
size (Row a) = I# (sizeofArray# a)

at :: Row -> Int -> N
at (Row a) (I# i) = case indexArray# a i of (# x #) -> x

-- `width` elements of the old row stand at `place`, and are replaced by one.
spliced :: Int -> Int -> N -> Row -> Row
spliced (I# place) (I# width) new (Row old) = case runRW# build of (# _, row #) -> row
  where
    before = place
    after = sizeofArray# old -# place -# width
    build s0 = case newArray# (before +# 1# +# after) new s0 of
      (# s1, made #) -> case copyArray# old 0# made 0# before s1 of
        s2 -> case copyArray# old (place +# width) made (place +# 1#) after s2 of
          s3 -> case unsafeFreezeArray# made s3 of
            (# s4, row #) -> (# s4, Row row #)

-- The first place whose key is not less.
search :: N -> Row -> Int
search key keys = go 0 (size keys)
  where
    go low high
      | low >= high = low
      | at keys middle < key = go (middle + 1) high
      | otherwise = go low middle
      where middle = (low + high) `quot` 2

insert :: N -> N -> Tab -> Tab
insert key value (Tab keys values)
  | place < size keys && at keys place == key = Tab keys (spliced place 1 value values)
  | otherwise = key `seq` value `seq` Tab (spliced place 0 key keys) (spliced place 0 value values)
  where place = search key keys

find :: N -> Tab -> N
find key (Tab keys values)
  | place < size keys && at keys place == key = at values place
  | otherwise = 0
  where place = search key keys

empty :: Tab
empty = case runRW# (newArray# 0# (0 :: N)) of
  (# s, made #) -> case unsafeFreezeArray# made s of (# _, a #) -> Tab (Row a) (Row a)

keyOf :: N -> N
keyOf i = (i * 7919) `mod` 1000003

fill :: N -> N -> Tab -> Tab
fill n i tab
  | i == n = tab
  | otherwise = tab `seq` fill n (i + 1) (insert (keyOf i) i tab)

lookUp :: N -> N -> Tab -> N -> N
lookUp n i tab total
  | i == n = total
  | otherwise = total `seq` lookUp n (i + 1) tab (total + key * find key tab)
  where key = keyOf i

main :: IO ()
main = peer (\n -> case fill n 0 empty of
  tab@(Tab keys _) -> fromIntegral (size keys) + lookUp n 0 tab 0)
