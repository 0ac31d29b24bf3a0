-- bench/peers/strings.hs: see bench/programs/strings.sire.
module Main (main) where

import qualified Data.ByteString.Char8 as Bar
import Peer

showDecimal :: N -> Bar.ByteString
showDecimal = Bar.pack . show

line :: N -> Bar.ByteString
line i = Bar.concat [showDecimal i, Bar.singleton ':', showDecimal (i * i), Bar.singleton '\n']

hash :: Bar.ByteString -> Int -> N -> N
hash bytes i total
  | i == Bar.length bytes = total
  | otherwise = total `seq` hash bytes (i + 1) ((total * 31 + byte) `mod` 1000000007)
  where byte = fromIntegral (fromEnum (Bar.index bytes i))

main :: IO ()
main = peer (\n -> hash (Bar.concat (map line [0 .. n - 1])) 0 7)
