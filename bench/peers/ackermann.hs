-- bench/peers/ackermann.hs: see bench/programs/ackermann.sire.
module Main (main) where

import Peer

ackermann :: N -> N -> N
ackermann 0 n = n + 1
ackermann m 0 = ackermann (m - 1) 1
ackermann m n = ackermann (m - 1) (ackermann m (n - 1))

main :: IO ()
main = peer (ackermann 3)
