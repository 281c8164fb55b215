%% A mix of everything that threads can trip over, for a given number of seconds, with a check that memory comes back.
-module(stress).
-export([main/1, idle/0]).

main([Seconds]) ->
    process_flag(trap_exit, true),
    Deadline = erlang:monotonic_time(second) + list_to_integer(Seconds),
    _ = round_of(erlang:monotonic_time(second) + 3), % what is made once: code, tables, allocator's reserves
    Before = settled(),
    Counts = round_of(Deadline),
    After = settled(),
    [io:format("~-12s ~b~n", [Name, Count]) || {Name, Count} <- Counts],
    io:format("RSS before ~b kB, after ~b kB; erlang:memory before ~b kB, after ~b kB; processes ~b, ports ~b, tables ~b~n",
              [maps:get(rss, Before), maps:get(rss, After), maps:get(total, Before), maps:get(total, After),
               maps:get(processes, After), maps:get(ports, After), maps:get(tables, After)]),
    Leaks = [Key || Key <- [processes, ports, tables], maps:get(Key, After) > maps:get(Key, Before)]
        ++ [total || maps:get(total, After) > maps:get(total, Before) + 8192]
        ++ [rss || maps:get(rss, After) > maps:get(rss, Before) * 2 + 65536],
    Stuck = [Name || {Name, 0} <- Counts],
    case {Leaks, Stuck} of
        {[], []} -> io:format("stress: ok~n"), halt(0);
        _ -> io:format("stress: FAILED: leaks ~p, no progress ~p~n", [Leaks, Stuck]), halt(1)
    end.

jobs() ->
    [{spawn, fun spawns/0}, {links, fun links/0}, {mailbox, fun mailbox/0}, {tables, fun tables/0}, {code, fun code/0},
     {timers, fun timers/0}, {ports, fun ports/0}, {binaries, fun binaries/0}, {exceptions, fun exceptions/0},
     {persistent, fun persistent/0}, {registry, fun registry/0}, {terms, fun terms/0}].

%% Each job runs again and again in a process of its own until the deadline; the answer is how often.
round_of(Deadline) ->
    Pids = [{Name, spawn_link(fun() -> exit({counted, repeat(Job, Deadline, 0)}) end)} || {Name, Job} <- jobs()],
    [receive
         {'EXIT', Pid, {counted, Count}} -> {Name, Count};
         {'EXIT', Pid, Reason} -> io:format("~p ended: ~p~n", [Name, Reason]), {Name, 0}
     after 1000 * max(0, Deadline - erlang:monotonic_time(second)) + 120000 ->
         io:format("~p hangs: ~p~n", [Name, process_info(Pid)]), {Name, 0}
     end || {Name, Pid} <- Pids].

repeat(Job, Deadline, Count) ->
    case erlang:monotonic_time(second) >= Deadline of
        true -> Count;
        false -> Job(), repeat(Job, Deadline, Count + 1)
    end.

settled() ->
    timer:sleep(1000),
    [garbage_collect(Pid) || Pid <- processes()],
    timer:sleep(1000),
    #{rss => rss(), total => erlang:memory(total) div 1024, processes => length(processes()), ports => length(erlang:ports()),
      tables => length(ets:all())}.

rss() ->
    {ok, Status} = file:read_file("/proc/self/status"),
    {match, [Kilobytes]} = re:run(Status, "VmRSS:\\s*(\\d+)", [{capture, all_but_first, list}]),
    list_to_integer(Kilobytes).

%% ---- the jobs ----

spawns() ->
    Self = self(),
    Pids = [spawn(fun() -> Self ! {self(), N * N} end) || N <- lists:seq(1, 5000)],
    [receive {Pid, _} -> ok end || Pid <- Pids],
    {Pid, Monitor} = spawn_monitor(fun() -> lists:foldl(fun(N, List) -> [N | List] end, [], lists:seq(1, 100000)) end),
    receive {'DOWN', Monitor, process, Pid, normal} -> ok end.

links() ->
    process_flag(trap_exit, true),
    Chain = spawn_link(fun() -> chain(500) end),
    receive {'EXIT', Chain, bottom} -> ok end,
    Waiting = [spawn_monitor(?MODULE, idle, []) || _ <- lists:seq(1, 500)],
    [exit(Pid, kill) || {Pid, _} <- Waiting],
    [receive {'DOWN', Monitor, _, Pid, killed} -> ok end || {Pid, Monitor} <- Waiting],
    Crossed = [spawn(fun() -> receive {link, Pids} -> [catch link(Pid) || Pid <- Pids] end, exit(crossed) end)
               || _ <- lists:seq(1, 50)],
    Monitors = [monitor(process, Pid) || Pid <- Crossed],
    [Pid ! {link, Crossed} || Pid <- Crossed],
    [receive {'DOWN', Monitor, _, _, _} -> ok end || Monitor <- Monitors].

chain(0) -> exit(bottom);
chain(N) -> spawn_link(fun() -> chain(N - 1) end), receive never -> ok end.

idle() -> receive never -> ok end.

mailbox() ->
    {Pid, Monitor} = spawn_monitor(fun() -> receive go -> drain(1000000) end end),
    [Pid ! {message, N} || N <- lists:seq(1, 1000000)],
    Pid ! go,
    receive {'DOWN', Monitor, process, Pid, normal} -> ok end.

drain(0) -> ok;
drain(N) -> receive {message, _} -> drain(N - 1) end.

tables() ->
    Type = lists:nth(rand:uniform(4), [set, ordered_set, bag, duplicate_bag]),
    Table = ets:new(table, [Type, public, {write_concurrency, rand:uniform(2) =:= 1}, {read_concurrency, true}]),
    Workers = [spawn_monitor(fun() -> table_work(Table, 2000) end) || _ <- lists:seq(1, 4)],
    catch ets:foldl(fun(Object, Sum) -> element(1, Object) + Sum end, 0, Table),
    [receive {'DOWN', Monitor, _, _, Reason} -> normal = Reason end || {_, Monitor} <- Workers],
    {Pid, Monitor} = spawn_monitor(fun() -> try table_work(Table, 1000000) catch error:badarg -> exit(gone) end end),
    ets:delete(Table), % under the worker's hands
    receive {'DOWN', Monitor, process, Pid, gone} -> ok end.

table_work(_, 0) -> ok;
table_work(Table, N) ->
    Key = rand:uniform(500),
    case rand:uniform(8) of
        1 -> ets:delete(Table, Key);
        2 -> ets:lookup(Table, Key);
        3 -> ets:match_object(Table, {Key, '_', '_'});
        4 -> ets:select(Table, [{{'$1', '$2', '_'}, [{'>', '$1', Key}], ['$_']}], 10);
        5 -> catch ets:next(Table, ets:first(Table));
        6 -> ets:select_delete(Table, [{{'$1', '_', '_'}, [{'<', '$1', Key div 100}], [true]}]);
        _ -> ets:insert(Table, {Key, N, binary:copy(<<"x">>, Key)})
    end,
    case N rem 100 of 0 -> catch ets:safe_fixtable(Table, N rem 200 =:= 0); _ -> ok end,
    table_work(Table, N - 1).

%% A process stays in old code, reads its literals and is then told to leave.
code() ->
    Callers = [spawn_monitor(fun() -> call_code(2000) end) || _ <- lists:seq(1, 3)],
    [begin
         load_code(N),
         {Pid, Monitor} = spawn_monitor(fun() -> stress_code:wait() end),
         load_code(N + 1),
         Kept = stress_code:literal(),
         Pid ! stop,
         receive {'DOWN', Monitor, _, _, _} -> ok end,
         code:purge(stress_code),
         {kept, _} = Kept
     end || N <- lists:seq(1, 3)],
    [receive {'DOWN', Monitor, _, _, Reason} -> normal = Reason end || {_, Monitor} <- Callers],
    code:purge(stress_code),
    code:delete(stress_code),
    code:purge(stress_code).

load_code(N) ->
    Forms = [{attribute, 1, module, stress_code}, {attribute, 1, export, [{literal, 0}, {wait, 0}]},
             {function, 2, literal, 0, [{clause, 2, [], [], [{tuple, 2, [{atom, 2, kept}, {string, 2, integer_to_list(N)}]}]}]},
             {function, 3, wait, 0, [{clause, 3, [], [], [{'receive', 3, [{clause, 3, [{atom, 3, stop}], [], [{atom, 3, ok}]}]}]}]}],
    {ok, stress_code, Binary} = compile:forms(Forms, []),
    code:purge(stress_code),
    {module, stress_code} = code:load_binary(stress_code, "stress_code", Binary).

call_code(0) -> ok;
call_code(N) ->
    try stress_code:literal() of {kept, _} -> ok catch error:undef -> erlang:yield() end,
    call_code(N - 1).

timers() ->
    References = [erlang:start_timer(rand:uniform(20), self(), N) || N <- lists:seq(1, 3000)],
    [erlang:cancel_timer(Reference) || Reference <- References, rand:uniform(2) =:= 1],
    erlang:send_after(40, self(), done),
    flush_timers(),
    [spawn(fun() -> receive never -> ok after rand:uniform(10) -> ok end end) || _ <- lists:seq(1, 500)].

flush_timers() ->
    receive {timeout, _, _} -> flush_timers(); done -> ok end.

ports() ->
    Ports = [open_port({spawn, "cat 2>/dev/null"}, [binary]) || _ <- lists:seq(1, 5)],
    [port_command(Port, binary:copy(<<"y">>, 100000)) || Port <- Ports],
    [receive {Port, {data, _}} -> ok end || Port <- Ports],
    [port_close(Port) || Port <- Ports],
    Owner = spawn(fun() -> open_port({spawn, "sleep 100"}, []), receive never -> ok end end),
    exit(Owner, kill),
    "hello\n" = os:cmd("echo hello"),
    flush_all().

flush_all() ->
    receive _ -> flush_all() after 0 -> ok end.

binaries() ->
    Big = binary:copy(<<"0123456789">>, 100000),
    Parts = [binary:part(Big, N, 1000) || N <- lists:seq(1, 500)],
    Self = self(),
    [spawn(fun() -> Self ! {size, byte_size(iolist_to_binary([Part, Big]))} end) || Part <- lists:sublist(Parts, 20)],
    [receive {size, 1001000} -> ok end || _ <- lists:seq(1, 20)],
    Grown = lists:foldl(fun(N, Binary) -> <<Binary/binary, N:32>> end, <<>>, lists:seq(1, 20000)),
    80000 = byte_size(Grown),
    10 = length(binary:split(binary:part(Big, 0, 100), <<"9">>, [global, trim])),
    Big = zlib:uncompress(zlib:compress(Big)).

exceptions() ->
    [try fail(N) catch Class:_:Trace -> true = is_list(Trace), Class end || N <- lists:seq(1, 2000)],
    {Pid, Monitor} = spawn_opt(fun() -> deep(10000000) end, [monitor, {max_heap_size, #{size => 100000, error_logger => false}}]),
    receive {'DOWN', Monitor, process, Pid, killed} -> ok end.

fail(N) when N rem 4 =:= 0 -> throw({thrown, N});
fail(N) when N rem 4 =:= 1 -> exit(N);
fail(N) when N rem 4 =:= 2 -> hd(element(1, {N}));
fail(N) -> [fail(N + 1)].

deep(0) -> 0;
deep(N) -> 1 + deep(N - 1).

persistent() ->
    Key = {?MODULE, rand:uniform(10)},
    persistent_term:put(Key, lists:seq(1, 100)),
    Self = self(),
    Pids = [spawn(fun() -> Term = persistent_term:get(Key, []), Self ! {ready, self()},
                           receive go -> ok after 100 -> ok end, 5050 = lists:sum(Term) end) || _ <- lists:seq(1, 10)],
    [receive {ready, Pid} -> ok end || Pid <- Pids],
    persistent_term:put(Key, lists:reverse(lists:seq(1, 100))),
    [Pid ! go || Pid <- Pids],
    persistent_term:erase(Key).

registry() ->
    Pids = [spawn_monitor(fun() -> catch register(stress_name, self()), catch (stress_name ! hello),
                                   catch gen_server:call(stress_name, x, 1), catch unregister(stress_name) end)
            || _ <- lists:seq(1, 50)],
    [process_info(Pid, [messages, links, current_stacktrace, memory]) || {Pid, _} <- Pids],
    [receive {'DOWN', Monitor, _, _, _} -> ok end || {_, Monitor} <- Pids],
    Suspended = spawn(?MODULE, idle, []),
    erlang:suspend_process(Suspended), erlang:resume_process(Suspended), exit(Suspended, kill).

terms() ->
    Map = maps:from_list([{N, {N, integer_to_binary(N), float(N)}} || N <- lists:seq(1, 2000)]),
    Map = binary_to_term(term_to_binary(Map, [compressed])),
    Sorted = lists:sort([rand:uniform(1 bsl 80) || _ <- lists:seq(1, 5000)]),
    5000 = length(Sorted),
    {match, _} = re:run(lists:duplicate(5000, $a) ++ "b", "a*b"),
    2000 = maps:size(maps:filter(fun(Key, {Key, _, _}) -> true end, Map)).
