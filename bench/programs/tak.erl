%% compute: calls with three arguments
-module(tak).
-export([run/0]).
run() -> [7 = tak(18, 12, 6) || _ <- lists:seq(1, 60)].
tak(X, Y, Z) when Y >= X -> Z;
tak(X, Y, Z) -> tak(tak(X - 1, Y, Z), tak(Y - 1, Z, X), tak(Z - 1, X, Y)).
