%% Very many small messages, each for itself, arrive whole and in order; so does what follows them.
-module(pieces).
-export([main/1, hear/1, say/1]).

-define(COUNT, 20000).

main(N) ->
    There = spawn(N, ?MODULE, hear, [self()]),
    say(There),
    io:format("there ~p~n", [receive {There, Heard} -> Heard after 30000 -> nothing end]),
    spawn(N, ?MODULE, say, [self()]),
    io:format("back ~p~n", [heard(1)]),
    io:format("then ~p~n", [erpc:call(N, erlang, abs, [-1])]).

say(To) -> [To ! K || K <- lists:seq(1, ?COUNT)].

hear(From) -> From ! {self(), heard(1)}.

%% How many came in order.
heard(K) when K > ?COUNT -> K - 1;
heard(K) -> receive Said when is_integer(Said) -> if Said =:= K -> heard(K + 1); true -> {K, Said} end after 20000 -> K - 1 end.
