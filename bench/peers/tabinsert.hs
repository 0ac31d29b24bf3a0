-- bench/peers/tabinsert.hs: see bench/programs/tabinsert.sire.
module Main (main) where

import qualified Data.Map.Strict as Map
import Peer

keyOf :: N -> N
keyOf i = (i * 7919) `mod` 1000003

fill :: N -> N -> Map.Map N N -> Map.Map N N
fill n i tab
  | i == n = tab
  | otherwise = tab `seq` fill n (i + 1) (Map.insert (keyOf i) i tab)

lookUp :: N -> N -> Map.Map N N -> N -> N
lookUp n i tab total
  | i == n = total
  | otherwise = total `seq` lookUp n (i + 1) tab (total + key * Map.findWithDefault 0 key tab)
  where key = keyOf i

main :: IO ()
main = peer (\n -> let tab = fill n 0 Map.empty
                   in fromIntegral (Map.size tab) + lookUp n 0 tab 0)
