%% re: matching
-module(regex).
-export([run/0]).
run() ->
    B = binary:copy(<<"2024-01-02 info user=42 did something; ">>, 2000),
    [{match, M}|_] = [re:run(B, <<"user=(\\d+)">>, [global, {capture, [1], binary}]) || _ <- lists:seq(1, 10)], 2000 = length(M).
