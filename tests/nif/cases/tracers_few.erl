%% A tracer with nothing but the functions that a tracer must have: tracers.c with less of it.
-module(tracers_few).
-export([enabled/3, trace/5]).
-export([few_case/0, few_without_state_case/0]).
-on_load(load/0).
-nifs([enabled/3, trace/5]).

load() -> erlang:load_nif(filename:join(filename:dirname(code:which(?MODULE)), ?MODULE_STRING), []).
enabled(_, _, _) -> erlang:nif_error(not_loaded).
trace(_, _, _, _, _) -> erlang:nif_error(not_loaded).

few_case() ->
    S = self(),
    P = spawn(fun() -> receive go -> S ! gone end end),
    1 = erlang:trace(P, true, [send, 'receive', procs, {tracer, ?MODULE, S}]),
    P ! go,
    [{T, What} || {_, T, _, What, _} = M <- messages(), tuple_size(M) =:= 5, element(3, M) =:= P].
messages() -> oracle:messages(100).
few_without_state_case() -> [erlang:trace(self(), true, [send, {tracer, ?MODULE, nobody}]), erlang:trace_info(self(), flags)].
