-- bench/peers/fib.hs: see bench/programs/fib.sire.
module Main (main) where

import Peer

fib :: N -> N
fib n = if n < 2 then n else fib (n - 1) + fib (n - 2)

main :: IO ()
main = peer fib
