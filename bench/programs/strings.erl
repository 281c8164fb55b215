%% compute: iolists and text
-module(strings).
-export([run/0]).
run() ->
    L = [io_lib:format("~p ~s ~w~n", [N, "text", {N, [N]}]) || N <- lists:seq(1, 4000)],
    B = iolist_to_binary(L),
    length(string:split(B, <<"\n">>, all)).
