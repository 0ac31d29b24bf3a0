-- bench/peers/treeinsert.hs: see bench/programs/treeinsert.sire.
module Main (main) where

import Peer

data Tree = Empty | Node !Tree !N !Tree

insertKey :: N -> Tree -> Tree
insertKey new Empty = Node Empty new Empty
insertKey new tree@(Node left key right)
  | new < key = Node (insertKey new left) key right
  | key < new = Node left key (insertKey new right)
  | otherwise = tree

grow :: N -> N -> Tree -> Tree
grow 0 _ tree = tree
grow n seed tree = tree `seq` grow (n - 1) next (insertKey next tree)
  where next = nextRandom seed

weigh :: N -> Tree -> N
weigh _ Empty = 0
weigh depth (Node left key right) =
  depth * key + (weigh (depth + 1) left + weigh (depth + 1) right)

main :: IO ()
main = peer (\n -> weigh 1 (grow n 42 Empty))
