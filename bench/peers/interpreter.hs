-- bench/peers/interpreter.hs: see bench/programs/interpreter.sire.
module Main (main) where

import Peer

data Term
  = Nat N | Variable N | Lambda Term | Call Term Term | Sum Term Term | Difference Term Term
  | Less Term Term | If Term Term Term

data Value = Number !N | Closure Term Environment

data Environment = Empty | Bound Value Environment

find :: N -> Environment -> Value
find _ Empty = Number 0
find 0 (Bound value _) = value
find i (Bound _ further) = find (i - 1) further

number :: Value -> N
number (Number n) = n
number (Closure _ _) = 0

evaluate :: Environment -> Term -> Value
evaluate env term = case term of
  Nat n -> Number n
  Variable i -> find i env
  Lambda body -> Closure body env
  Call f x -> let argument = evaluate env x in argument `seq` case evaluate env f of
    Closure body inner -> evaluate (Bound argument inner) body
    Number n -> Number n
  Sum a b -> Number (number (evaluate env a) + number (evaluate env b))
  Difference a b -> Number (number (evaluate env a) - number (evaluate env b))
  Less a b -> Number (if number (evaluate env a) < number (evaluate env b) then 1 else 0)
  If c t e -> evaluate env (if number (evaluate env c) /= 0 then t else e)

fibTerm :: Term
fibTerm = Lambda (Lambda (If (Less n (Nat 2)) n (Sum (recur 1) (recur 2))))
  where
    n = Variable 0
    self = Variable 1
    recur k = Call (Call self self) (Difference n (Nat k))

main :: IO ()
main = peer (\n -> number (evaluate Empty (Call (Call fibTerm fibTerm) (Nat n))))
