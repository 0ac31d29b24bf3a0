-- bench/peers/stackmachine.hs: see bench/programs/stackmachine.sire.
module Main (main) where

import Data.Array (Array, listArray, (!))
import Peer

data List = Nil | Cons N List

data Instruction = Instruction !N !N

machine :: N -> Array Int Instruction
machine n = listArray (0, 13) (map (uncurry Instruction)
  [ (1, 0), (1, n), (4, 0), (3, 0), (2, 0), (7, 0), (8, 1009), (6, 0), (4, 0), (9, 0), (2, 0)
  , (10, 2), (5, 0), (0, 0) ])
{-# NOINLINE machine #-}

top :: List -> N
top Nil = 0
top (Cons x _) = x

rest :: List -> List
rest Nil = Nil
rest (Cons _ xs) = xs

run :: Array Int Instruction -> N -> List -> N
run code pc stack = top stack `seq` case op of
  0 -> top stack
  1 -> run code (pc + 1) (Cons k stack)
  2 -> run code (pc + 1) (Cons (top stack) stack)
  3 -> run code (pc + 1) (Cons second stack)
  4 -> run code (pc + 1) (Cons second (Cons (top stack) below))
  5 -> run code (pc + 1) (rest stack)
  6 -> run code (pc + 1) (Cons (second + top stack) below)
  7 -> run code (pc + 1) (Cons (second * top stack) below)
  8 -> run code (pc + 1) (Cons (top stack `mod` k) (rest stack))
  9 -> run code (pc + 1) (Cons (top stack - 1) (rest stack))
  _ -> run code (if top stack /= 0 then k else pc + 1) (rest stack)
  where
    Instruction op k = code ! fromIntegral pc
    second = top (rest stack)
    below = rest (rest stack)

main :: IO ()
main = peer (\n -> run (machine n) 0 Nil)
