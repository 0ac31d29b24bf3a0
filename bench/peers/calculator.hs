-- bench/peers/calculator.hs: see bench/programs/calculator.sire.
module Main (main) where

import qualified Data.ByteString.Char8 as Bar
import qualified Data.ByteString.Unsafe as Bar
import Peer

data Parsed = Parsed !N !Int

byteAt :: Int -> Bar.ByteString -> Int
byteAt at bytes
  | at < Bar.length bytes = fromIntegral (Bar.unsafeIndex bytes at)
  | otherwise = 0

readNumber :: Bar.ByteString -> Int -> N -> Parsed
readNumber bytes at n
  | byteAt at bytes >= 48 && digit <= 9 = readNumber bytes (at + 1) (n * 10 + fromIntegral digit)
  | otherwise = Parsed n at
  where digit = byteAt at bytes - 48

readFactor :: Bar.ByteString -> Int -> Parsed
readFactor bytes at
  | byteAt at bytes == 40 = case readSum bytes 0 (at + 1) of Parsed n next -> Parsed n (next + 1)
  | otherwise = readNumber bytes at 0

readProduct :: Bar.ByteString -> Int -> N -> Parsed
readProduct bytes at n = case readFactor bytes at of
  Parsed factor next
    | byteAt next bytes == 42 -> readProduct bytes (next + 1) product'
    | otherwise -> Parsed product' next
    where product' = n * factor `mod` 1000000007

readSum :: Bar.ByteString -> N -> Int -> Parsed
readSum bytes n at = case readProduct bytes at 1 of
  Parsed term next
    | byteAt next bytes == 43 -> readSum bytes (n + term) (next + 1)
    | otherwise -> Parsed (n + term) next

calculate :: Bar.ByteString -> Int -> N -> N
calculate bytes at total
  | at == Bar.length bytes = total
  | otherwise = case readSum bytes 0 at of
      Parsed n next -> calculate bytes (next + 1) $! (total * 31 + n) `mod` 1000000007

line :: Int -> String
line i = show i ++ "+3*(" ++ show (i `mod` 1000) ++ "+1)*2\n"

main :: IO ()
main = peer (\n -> repeatTimes n 7)
  where
    text = Bar.pack (concatMap line [0 .. 99])
    repeatTimes :: N -> N -> N
    repeatTimes 0 total = total
    repeatTimes n total = repeatTimes (n - 1) $! calculate text 0 total
