%% Distribution: measures from this node to another, and prints `what microseconds` lines.
-module(distribution).
-export([main/1, serve/0, sink/1, echo/0]).

main([Peer]) ->
    [_, Host] = string:split(atom_to_list(node()), "@"),
    Node = list_to_atom(Peer ++ "@" ++ Host),
    [io:format("~s ~.2f~n", [What, Measure(Node) / 1])
     || {What, Measure} <- [{connect, fun connect/1}, {erpc, fun erpc/1}, {round_trip, fun round_trip/1},
                            {small, fun(N) -> each(N, {a, message, 1}, 50000) end},
                            {kib_64, fun(N) -> each(N, binary:copy(<<1>>, 65536), 1000) end},
                            {mib_1, fun(N) -> each(N, binary:copy(<<1>>, 1048576), 100) end},
                            {beside, fun beside/1}]],
    halt().

serve() ->
    io:format("up~n"),
    receive after infinity -> ok end.

time(F) -> element(1, timer:tc(F)).

median(L) -> lists:nth((length(L) + 1) div 2, lists:sort(L)).

repeat(F, Times) -> [F() || _ <- lists:seq(1, Times)].

%% Until the handshake is done. Neither side connects by itself (dist_auto_connect never).
connect(Node) ->
    ok = net_kernel:monitor_nodes(true),
    median(repeat(fun() ->
        Time = time(fun() -> true = net_kernel:connect_node(Node) end),
        receive {nodeup, Node} -> ok end,
        timer:sleep(20),
        true = erlang:disconnect_node(Node),
        receive {nodedown, Node} -> ok end,
        timer:sleep(20), % the other side is to see it, too
        Time
    end, 15)).

erpc(Node) ->
    true = net_kernel:connect_node(Node),
    per_round(fun() -> erpc:call(Node, erlang, abs, [1]) end).

round_trip(Node) ->
    P = spawn(Node, ?MODULE, echo, []),
    per_round(fun() -> P ! {self(), x}, receive {P, x} -> ok end end).

per_round(F) ->
    repeat(F, 300),
    median(repeat(fun() -> time(fun() -> repeat(F, 300) end) / 300 end, 9)).

echo() ->
    receive {From, X} -> From ! {self(), X} end,
    echo().

%% As fast as they go, until the other side has them all.
each(Node, Message, Count) ->
    median(repeat(fun() ->
        P = spawn(Node, ?MODULE, sink, [{self(), Count}]),
        time(fun() -> repeat(fun() -> P ! Message end, Count), receive {P, done} -> ok end end) / Count
    end, 5)).

sink({To, 0}) -> To ! {self(), done};
sink({To, infinity}) -> receive _ -> sink({To, infinity}) end;
sink({To, Count}) -> receive _ -> sink({To, Count - 1}) end.

%% A round trip while another process sends as much as it can, 8 MiB at a time.
beside(Node) ->
    Large = binary:copy(<<1>>, 8 bsl 20),
    Sink = spawn(Node, ?MODULE, sink, [{self(), infinity}]),
    Sender = spawn_link(fun() -> flood(Sink, Large) end),
    timer:sleep(200),
    P = spawn(Node, ?MODULE, echo, []),
    End = erlang:monotonic_time(millisecond) + 3000,
    Times = rounds(fun() -> time(fun() -> P ! {self(), x}, receive {P, x} -> ok end end) end, End),
    unlink(Sender),
    exit(Sender, kill),
    median(Times).

rounds(F, End) ->
    Time = F(),
    case erlang:monotonic_time(millisecond) > End of
        true -> [Time];
        false -> [Time | rounds(F, End)]
    end.

flood(To, Large) ->
    To ! Large,
    flood(To, Large).
