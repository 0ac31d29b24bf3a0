-- bench/peers/empty.hs: computes nothing; its time is what starting a peer takes.
module Main (main) where

import Peer

main :: IO ()
main = peer id
