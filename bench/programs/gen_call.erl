%% process: gen_server:call
-module(gen_call).
-behaviour(gen_server).
-export([run/0, init/1, handle_call/3, handle_cast/2]).
init(_) -> {ok, 0}.
handle_call(N, _, S) -> {reply, N, S + 1}.
handle_cast(_, S) -> {noreply, S}.
run() -> {ok, P} = gen_server:start_link(?MODULE, [], []), loop(100000, P), gen_server:stop(P).
loop(0, _) -> ok;
loop(N, P) -> N = gen_server:call(P, N), loop(N - 1, P).
