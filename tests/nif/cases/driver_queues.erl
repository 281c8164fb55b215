%% Drivers' queues, what comes to outputv, processes that ports watch, ports that drivers make: driver_queue.c.
-module(driver_queues).
-compile([export_all, nowarn_export_all]).

opened() -> opened("driver_queue").
opened(Command) ->
    ok = erl_ddll:load_driver(filename:dirname(code:which(?MODULE)), driver_queue),
    open_port({spawn_driver, Command}, []).

got() -> [mask(M) || M <- oracle:messages(300)].
mask({P, Data}) when is_port(P) -> {port, Data};
mask({'EXIT', P, Reason}) when is_port(P) -> {exit, Reason};
mask({driver_queue, Name, Number}) -> {Name, Number};
mask(M) -> M.

catch_(F) -> try F() catch C:R -> {C, R} end.

%% What has happened in ports, also in closing ones, which cannot tell: until `Stops` have stopped.
diary(Stops) -> diary(opened(), Stops, "").
diary(P, Stops, Before) ->
    Text = Before ++ port_control(P, 15, ""),
    case length(string:split(Text, "stop", all)) > Stops of
        true -> port_close(P), Text;
        false -> timer:sleep(5), diary(P, Stops, Text)
    end.
until(Name) -> receive {driver_queue, Name, Number} -> Number after 5000 -> nothing end.

queue_case() ->
    P = opened(),
    Answers = [port_control(P, Operation, Bytes)
               || {Operation, Bytes} <- [{0, ""}, {1, "abc"}, {1, ""}, {2, "xyz"}, {4, "-def"}, {5, "-uvw"}, {4, "-"}, {3, "2"}, {6, "3456789"}, {7, "3fedcba"}, {6, "9"},
                                         {7, "9"}, {3, "9"}, {3, "9"}, {3, "5"}, {3, "9"}]],
    [Answers, [port_control(P, 2, [C]) || C <- lists:seq($a, $z)], [port_control(P, Operation, [C]) || C <- lists:seq($A, $Z), Operation <- [2, 1]],
     element(2, erlang:port_info(P, queue_size)), port_control(P, 3, "9")].

outputv_case() ->
    P = opened(),
    Binary = fun(N, C) -> binary:copy(<<C>>, N) end,
    <<_:3, Shifted:300/binary, _/bits>> = Binary(400, 7),
    [begin port_command(P, Data), got() end
     || Data <- ["", "abcde", Binary(1000, $a), ["ab", Binary(1000, $b), "cd", [Binary(300, $e)]], [Binary(300, $f), [], Binary(300, $g)],
                 [binary:part(Binary(1000, $h), 100, 300), $i], [[<<"small">>, <<"ones">>] | <<"tail">>], Shifted,
                 [Binary(100, $j) || _ <- lists:seq(1, 5)]]].

enqv_case() ->
    P = opened(),
    [port_command(P, Data) || Data <- ["Qabc", [$Q, binary:copy(<<"z">>, 300), "y"], "Q"]],
    [got(), port_control(P, 0, "")].

%% Closing waits for the queue.
flush_case() ->
    process_flag(trap_exit, true),
    P = opened(), port_control(P, 1, "abc"),
    port_close(P),
    A = {got(), diary(1)},
    Q = opened("driver_queue slow"), port_control(Q, 1, "abc"),
    port_close(Q),
    B = [diary(1), got()],
    R = opened("driver_queue slow"), port_control(R, 1, "ab"),
    R ! {self(), close},
    [A, B, got(), diary(1)].

flush_at_exit_case() ->
    process_flag(trap_exit, true),
    [begin P = opened("driver_queue slow"), port_control(P, 1, "ab"), exit(P, Reason), {diary(1), got()} end || Reason <- [normal, shutdown, kill]].

owner_dies_case() ->
    Self = self(),
    {Pid, M} = spawn_monitor(fun() -> P = opened("driver_queue slow"), port_connect(P, Self), port_control(P, 1, "abc"), exit(bye) end),
    receive {'DOWN', M, process, Pid, Reason} -> [Reason, diary(1), got()] end.

fails_case() ->
    process_flag(trap_exit, true),
    P = opened(),
    [catch_(fun() -> port_control(P, 14, "") end), diary(1), got()].

lock_case() ->
    P = opened(),
    [port_control(P, 8, ""), port_control(P, 0, ""), port_close(P), got()].

limits_case() -> port_control(opened(), 12, "").
surroundings_case() -> [port_control(opened(), 13, ""), os:getenv("DRIVER_QUEUE")].

%% ---- processes that it watches

monitor_case() ->
    P = opened(),
    {Pid, M} = spawn_monitor(fun() -> receive {go, A} -> A ! {self(), port_control(P, 9, "")} end, receive stop -> ok end end),
    Pid ! {go, self()},
    Answer = receive {Pid, Text} -> Text end,
    Monitors = [X =:= Pid || {process, X} <- element(2, erlang:port_info(P, monitors))],
    By = [X =:= P || X <- element(2, process_info(Pid, monitored_by)), is_port(X)],
    Pid ! stop,
    receive {'DOWN', M, process, Pid, _} -> [Answer, Monitors, By, until(process_exit), until(gone), erlang:port_info(P, monitors)] end.

demonitor_case() ->
    P = opened(),
    [begin
         {Pid, M} = spawn_monitor(fun() -> exit([port_control(P, Operation, "") || Operation <- Operations]) end),
         receive {'DOWN', M, process, Pid, Answers} -> {Answers, got()} end
     end || Operations <- [[9, 10], [9, 10, 10], [10]]].

closed_while_watching_case() ->
    P = opened(),
    port_control(P, 9, ""),
    port_close(P),
    [got(), process_info(self(), monitored_by)].

%% ---- work that nobody is told of

async_case() -> P = opened(), [port_control(P, 16, ""), until(discarded)].

%% ---- ports that it makes

made_case() ->
    process_flag(trap_exit, true),
    P = opened(),
    port_control(P, 11, ""),
    receive
        {made, New} ->
            Info = [erlang:port_info(New, name), erlang:port_info(New, connected) =:= {connected, self()}, erlang:port_info(New, links) =:= {links, [self()]},
                    lists:member(New, element(2, process_info(self(), links)))],
            First = got(),
            Answer = port_control(New, 1, "new"),
            port_command(New, "abcde"),
            Second = got(),
            port_close(P),
            Third = got(),
            port_close(New),
            [Info, First, Answer, Second, Third, got(), length([x || Q <- erlang:ports(), Q =:= New])]
    end.
