%% Questions and other signals to a process while it runs a dirty function: foreign.c.
-module(foreign).
-nifs([make_gate/0, open_gate/1, close_gate/2, wait_io/3, wait_cpu/3, wait_later/3, send_many/3, consume/0]).
-compile([export_all, nowarn_export_all]).
-on_load(init/0).
-define(NO, erlang:nif_error(not_loaded)).

init() -> erlang:load_nif(filename:rootname(code:which(?MODULE)), 0).
make_gate() -> ?NO.
open_gate(_) -> ?NO.
close_gate(_, _) -> ?NO.
wait_io(_, _, _) -> ?NO.
wait_cpu(_, _, _) -> ?NO.
wait_later(_, _, _) -> ?NO.
send_many(_, _, _) -> ?NO.
consume() -> ?NO.

%% A process that waits at a gate, after First; then it tells what has come to its mailbox.
at_gate(How) -> at_gate(How, fun() -> ok end).
at_gate(How, First) ->
    S = self(),
    {In, Out} = make_gate(),
    {P, M} = spawn_monitor(fun() ->
        First(), put(key, {value, How}),
        L = foreign:How(In, S, <<"term">>),
        S ! {back, length(L), lists:sum([I || {I, <<"term">>} <- L]), [byte_size(B) || B <- L, is_binary(B)]},
        exit({mailbox, mailbox()})
    end),
    receive waits -> {P, M, {In, Out}} end.
mailbox() -> [mask(M) || M <- oracle:messages(20)].

mask(P) when P =:= self() -> self;
mask(P) when is_pid(P) -> pid;
mask(P) when is_port(P) -> port;
mask(R) when is_reference(R) -> reference;
mask(T) when is_tuple(T) -> list_to_tuple(mask(tuple_to_list(T)));
mask([H | T]) -> [mask(H) | mask(T)];
mask(T) -> T.

go_on({P, M, {In, Out}}) ->
    open_gate(Out),
    R = [receive {goes_on, L} -> length(L) after 5000 -> silent end, receive {back, _, _, _} = B -> B after 5000 -> lost end,
         receive {'DOWN', M, process, P, W} -> W after 5000 -> alive end],
    close_gate(In, Out), R.

each(F) -> [{How, F(How)} || How <- [wait_io, wait_cpu, wait_later]].
told(P, links) -> {links, L} = process_info(P, links), lists:sort([mask(X) || X <- L]);
told(P, What) -> mask(process_info(P, What)).

%% The answer at once, or only when the process goes on.
asked({_, _, {_, Out}}, F) ->
    S = self(),
    Q = spawn_link(fun() -> S ! {self(), try F() catch C:R -> {C, R} end} end),
    receive {Q, R} -> {at_once, R} after 400 -> open_gate(Out), receive {Q, R} -> {late, R} after 2000 -> never end end.

items_case() ->
    Items = [status, current_function, current_location, registered_name, links, monitors, monitored_by, dictionary, messages,
             message_queue_len, trap_exit, suspending, priority, error_handler, initial_call, catchlevel, message_queue_data,
             sequential_trace_token, last_calls, fullsweep_after, binary],
    each(fun(How) ->
        S = self(),
        {P, _, _} = G = at_gate(How, fun() -> link(S), monitor(process, S), process_flag(priority, high) end),
        A = [asked(G, fun() -> told(P, I) end) || I <- [status | Items]],
        B = told(P, Items),
        C = [K || {K, _} <- process_info(P)],
        {current_stacktrace, [{foreign, Where, _, _} | _]} = process_info(P, current_stacktrace),
        [{_, N} = T | _] = [process_info(P, I) || I <- [memory, heap_size, total_heap_size, stack_size, reductions, backtrace, garbage_collection_info]],
        unlink(P), [A, B, C, Where, is_integer(N), tuple_size(T), go_on(G)]
    end).

messages_case() ->
    each(fun(How) ->
        {P, _, _} = G = at_gate(How, fun() -> process_flag(trap_exit, true) end),
        P ! one, exit(P, two), P ! {three, binary:copy(<<"3">>, 100)}, exit(P, normal),
        A = told(P, messages), P ! four,
        [A, told(P, message_queue_len), told(P, [messages, message_queue_len]), go_on(G)]
    end).

%% Links and monitors, in both directions.
bonds_case() ->
    each(fun(How) ->
        process_flag(trap_exit, true),
        Q = spawn(fun() -> receive stop -> exit(stopped) end end),
        {P, _, _} = G = at_gate(How, fun() -> process_flag(trap_exit, true), monitor(process, Q), link(Q) end),
        link(P), R = monitor(process, P),
        A = [told(P, links), told(P, monitors), told(P, monitored_by)],
        unlink(P), demonitor(R), Q ! stop,
        T = monitor(process, Q), receive {'DOWN', T, process, Q, _} -> ok end,
        B = [told(P, links), told(P, monitors), told(P, monitored_by), told(P, messages)],
        [A, B, is_process_alive(P), go_on(G)]
    end).

alias_case() ->
    each(fun(How) ->
        S = self(),
        {P, _, _} = G = at_gate(How, fun() -> A = alias(), B = alias(), unalias(B), S ! {aliases, A, B} end),
        receive {aliases, A, B} -> A ! to_alias, B ! to_none end,
        [told(P, messages), go_on(G)]
    end).

what_changes_case() ->
    each(fun(How) ->
        {P, _, _} = G = at_gate(How),
        A = [register(at_gate, P), told(P, registered_name), group_leader(self(), P), told(P, group_leader), unregister(at_gate),
             process_flag(P, save_calls, 5), told(P, last_calls), process_flag(P, save_calls, 0)],
        [A, go_on(G)]
    end).

dirty_case() ->
    each(fun(How) ->
        {P, _, _} = G = at_gate(How),
        [erts_internal:is_process_executing_dirty(P), erts_internal:is_process_executing_dirty(self()),
         asked(G, fun() -> is_process_alive(P) end), go_on(G), erts_internal:is_process_executing_dirty(P), is_process_alive(P)]
    end).

%% What moves the heap waits.
collections_case() ->
    [begin {P, _, _} = G = at_gate(How), {What, asked(G, fun() -> F(P) end), receive {back, N, _, _} -> N end, is_pid(element(1, G))} end
     || How <- [wait_io, wait_later],
        {What, F} <- [{major, fun(P) -> garbage_collect(P) end}, {minor, fun(P) -> garbage_collect(P, [{type, minor}]) end},
                      {async, fun(P) -> async = garbage_collect(P, [{async, x}]), receive M -> M end end}]].

%% ... but is answered for who has ended.
collection_of_the_dead_case() ->
    each(fun(How) ->
        {P, M, {_, Out}} = G = at_gate(How),
        async = garbage_collect(P, [{async, x}]),
        async = check_process_code(P, lists, [{async, y}]),
        receive {check_process_code, y, Y} -> ok end,
        exit(P, kill),
        R = [Y, receive {garbage_collect, x, X} -> X after 1000 -> never end, receive {'DOWN', M, process, P, W} -> W end, is_process_alive(P), asked(G, fun() -> garbage_collect(P) end)],
        open_gate(Out), R
    end).

%% A suspended process goes on only until the function returns.
suspended_case() ->
    each(fun(How) ->
        {P, M, {_, Out}} = at_gate(How),
        A = [erlang:suspend_process(P, [asynchronous]), told(P, status)],
        open_gate(Out), receive {goes_on, _} -> ok end,
        B = [receive {back, _, _, _} -> back after 100 -> not_back end, told(P, status), erlang:resume_process(P)],
        [A, B, receive {back, N, _, _} -> N after 1000 -> lost end, receive {'DOWN', M, process, P, W} -> W end]
    end).
resumed_case() ->
    each(fun(How) ->
        {P, _, _} = G = at_gate(How),
        [erlang:suspend_process(P, [asynchronous]), told(P, status), erlang:resume_process(P), go_on(G)]
    end).
suspended_and_killed_case() ->
    each(fun(How) ->
        {P, M, {_, Out}} = at_gate(How),
        true = erlang:suspend_process(P, [asynchronous]), exit(P, kill),
        R = receive {'DOWN', M, process, P, W} -> W end,
        open_gate(Out), [R, is_process_alive(P)]
    end).

%% Code: of the caller's module there is an old version.
%% Not under hard: that build collects far smaller heaps, the code server's too, in the one thread for long work, which the gate holds.
code_case() ->
    each(fun(How) ->
        Source = fun(V) -> [{attribute, 1, module, foreign_caller}, {attribute, 1, export, [{go, 3}, {version, 0}]},
            {function, 1, go, 3, [{clause, 1, [{var, 1, 'A'}, {var, 1, 'B'}, {var, 1, 'C'}], [],
                [{tuple, 1, [{atom, 1, done}, {call, 1, {remote, 1, {atom, 1, foreign}, {atom, 1, How}}, [{var, 1, 'A'}, {var, 1, 'B'}, {var, 1, 'C'}]}]}]}]},
            {function, 1, version, 0, [{clause, 1, [], [], [{integer, 1, V}]}]}] end,
        Load = fun(V) -> {ok, _, B} = compile:forms(Source(V)), {module, _} = code:load_binary(foreign_caller, "x", B), ok end,
        Load(1), S = self(), {In, Out} = make_gate(),
        {P, M} = spawn_monitor(fun() -> foreign_caller:go(In, S, x) end), receive waits -> ok end,
        G = {P, M, {In, Out}},
        A = [asked(G, fun() -> check_process_code(P, foreign_caller) end), Load(2), asked(G, fun() -> check_process_code(P, foreign_caller) end),
             asked(G, fun() -> check_process_code(P, foreign_caller, [{allow_gc, false}]) end), asked(G, fun() -> code:soft_purge(foreign_caller) end), is_process_alive(P)],
        B = [asked(G, fun() -> code:purge(foreign_caller) end), receive {'DOWN', M, process, P, W} -> W end, foreign_caller:version()],
        open_gate(Out), code:delete(foreign_caller), [A, B, code:purge(foreign_caller)]
    end).

%% Messages of a dirty function that is traced, and of one that carries a token.
traced_case() ->
    each(fun(How) ->
        {P, _, _} = G = at_gate(How),
        A = [asked(G, fun() -> erlang:trace(P, true, [send, procs, {tracer, whereis(init)}]) end), erlang:trace_info(P, flags), erlang:trace(P, false, [all]), erlang:trace_info(P, flags)],
        S = self(),
        T = spawn(fun F() -> receive {stop, Q} -> Q ! mailbox_now(), F(); M when element(1, M) =:= trace -> S ! {traced, kind(M)}, F() end end),
        1 = erlang:trace(P, true, [send, procs, {tracer, T}]),
        link(P), unlink(P), told(P, status),
        B = go_on(G),
        C = traced(), exit(T, kill), [A, B, C]
    end).
mailbox_now() -> receive M -> [M | mailbox_now()] after 0 -> [] end.
kind({trace, _, send, {goes_on, L}, _}) -> {send, goes_on, length(L)};
kind({trace, _, send, {back, _, _, _}, _}) -> {send, back};
kind({trace, _, Kind, _}) -> Kind;
kind(M) -> {element(3, M), tuple_size(M)}.
traced() -> receive {traced, T} -> [T | traced()] after 100 -> [] end.

killed_case() ->
    each(fun(How) ->
        {P, M, {In, Out}} = at_gate(How),
        S = self(),
        W = spawn(fun() -> erlang:monitor(process, P), S ! ready, receive {'DOWN', _, _, _, Why} -> S ! {down, Why} end end),
        receive ready -> ok end,
        P ! message, exit(P, kill),
        R = [receive {'DOWN', M, process, P, Why} -> Why end, receive {down, Why} -> Why end, is_process_alive(P), process_info(P), is_process_alive(W)],
        open_gate(Out), [R, receive {goes_on, _} -> sent after 50 -> not_sent end, In > 2]
    end).

consume_case() -> consume().

%% Many ask while many go in and out.
crowd_case() ->
    S = self(),
    Items = [status, messages, links, monitored_by, dictionary, current_stacktrace, memory, heap_size, binary, current_function],
    Workers = [spawn_link(fun() -> [10 = send_many(S, 10, {worker, I}) || _ <- lists:seq(1, 60)], S ! {done, I}, receive stop -> ok end end) || I <- lists:seq(1, 6)],
    [spawn_link(fun() -> [begin P = lists:nth(1 + (K + J) rem 6, Workers), process_info(P, lists:nth(1 + K rem 10, Items)), P ! {note, K}, link(P), unlink(P), demonitor(monitor(process, P), [flush]), catch erlang:trace(P, K rem 2 =:= 0, [call, {tracer, whereis(init)}]) end || K <- lists:seq(1, 200)], S ! {asked, J} end) || J <- lists:seq(1, 3)],
    Got = [count({worker, I}, 0) || I <- lists:seq(1, 6)],
    R = [Got, [receive {done, I} -> I end || I <- lists:seq(1, 6)], [receive {asked, J} -> J end || J <- [1, 2, 3]]],
    [W ! stop || W <- Workers], R.
count(_, 600) -> 600;
count(W, N) -> receive {_, W} -> count(W, N + 1) after 5000 -> N end.

killed_crowd_case() ->
    S = self(),
    [begin
        {P, M} = spawn_monitor(fun F() -> send_many(S, 5, x), F() end),
        receive {_, x} -> ok end,
        Asker = spawn_link(fun F() -> case process_info(P, [status, messages, links]) of undefined -> S ! gone; _ -> F() end end),
        receive after N rem 4 -> ok end,
        exit(P, kill),
        receive {'DOWN', M, process, P, killed} -> ok end, receive gone -> ok end,
        flush(), false = is_process_alive(P), unlink(Asker)
     end || N <- lists:seq(1, 40)], done.
flush() -> receive {_, x} -> flush() after 0 -> ok end.
