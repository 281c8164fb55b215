%% TCP over the loopback, one figure a call: sockets:main([Which]) prints it.
%%
%%   round_trip   microseconds of an echo of 100 bytes, one after the other
%%   throughput   milliseconds in which 1,000 connections echo 200 packets of 1,000 bytes each, all at once
%%   idle         resident bytes of an accepted connection that waits, with its process
-module(sockets).
-export([main/1]).

-define(ROUND_TRIPS, 20000).
-define(CONNECTIONS, 1000).
-define(PACKETS, 200).
-define(IDLE, 15000).
-define(PORTS_OF_A_SOURCE, 5000). % connections from one loopback address

main(["round_trip"]) ->
    Port = server([{packet, 4}], fun echo/1),
    Socket = connect(Port, {127, 0, 0, 1}, [{packet, 4}]),
    Packet = binary:copy(<<"x">>, 100),
    ping(Socket, Packet, 1000),
    print(micros(fun() -> ping(Socket, Packet, ?ROUND_TRIPS) end) / ?ROUND_TRIPS);
main(["throughput"]) ->
    Port = server([{packet, 4}], fun echo/1),
    Packet = binary:copy(<<"x">>, 1000),
    Me = self(),
    Clients = [spawn_link(fun() -> client(Me, Port, Packet) end) || _ <- lists:seq(1, ?CONNECTIONS)],
    all(Clients, ready),
    print(micros(fun() -> [C ! go || C <- Clients], all(Clients, done) end) / 1000);
main(["idle"]) ->
    %% The other ends are another program's: only the accepted ones are counted.
    Port = server([], fun wait/1),
    Peer = open_port({spawn, "python3 -c '" ++ dialler(Port) ++ "'"}, [{line, 100}]),
    Before = resident(),
    wait_for(Peer, "connected"),
    wait_for_processes(),
    print((resident() - Before) / ?IDLE).

print(Figure) ->
    io:format("~p~n", [Figure]),
    halt(0).

micros(Do) ->
    {Micros, _} = timer:tc(Do),
    Micros.

resident() ->
    erlang:garbage_collect(),
    {ok, Bytes} = file:read_file("/proc/self/statm"),
    [_, Pages | _] = string:split(Bytes, " ", all),
    binary_to_integer(Pages) * 4096.

%% ---- the server: a process a connection

server(Options, Serve) ->
    {ok, Listen} = gen_tcp:listen(0, [binary, {active, false}, {backlog, 1024}, {nodelay, true}, {reuseaddr, true} | Options]),
    {ok, Port} = inet:port(Listen),
    spawn_link(fun() -> accept(Listen, Serve) end),
    Port.

accept(Listen, Serve) ->
    {ok, Socket} = gen_tcp:accept(Listen),
    Pid = spawn(fun() -> receive go -> Serve(Socket) end end),
    ok = gen_tcp:controlling_process(Socket, Pid),
    Pid ! go,
    accept(Listen, Serve).

echo(Socket) ->
    case gen_tcp:recv(Socket, 0) of
        {ok, Packet} ->
            ok = gen_tcp:send(Socket, Packet),
            echo(Socket);
        {error, closed} ->
            ok
    end.

%% As a server of many connections would: active once, nothing to do yet.
wait(Socket) ->
    ok = inet:setopts(Socket, [{active, once}]),
    receive
        {tcp, Socket, _} -> wait(Socket);
        {tcp_closed, Socket} -> ok
    end.

%% ---- the other side

connect(Port, Source, Options) ->
    {ok, Socket} = gen_tcp:connect({127, 0, 0, 1}, Port, [binary, {active, false}, {nodelay, true}, {ip, Source} | Options]),
    Socket.

ping(_, _, 0) ->
    ok;
ping(Socket, Packet, Count) ->
    ok = gen_tcp:send(Socket, Packet),
    {ok, Packet} = gen_tcp:recv(Socket, 0),
    ping(Socket, Packet, Count - 1).

client(Parent, Port, Packet) ->
    Socket = connect(Port, {127, 0, 0, 1}, [{packet, 4}]),
    ping(Socket, Packet, 1),
    Parent ! {self(), ready},
    receive go -> ok end,
    ping(Socket, Packet, ?PACKETS),
    Parent ! {self(), done}.

all(Pids, What) ->
    [receive {Pid, What} -> ok end || Pid <- Pids],
    ok.

%% A program that connects from several addresses of the loopback, says so, and stays until its input ends.
dialler(Port) ->
    lists:flatten(io_lib:format(
        "import socket, sys~n"
        "held = []~n"
        "for i in range(~b):~n"
        "    s = socket.socket()~n"
        "    s.bind((\"127.0.0.%d\" % (2 + i // ~b), 0))~n"
        "    s.connect((\"127.0.0.1\", ~b))~n"
        "    held.append(s)~n"
        "print(\"connected\", flush=True)~n"
        "sys.stdin.read()~n", [?IDLE, ?PORTS_OF_A_SOURCE, Port])).

wait_for(Port, Line) ->
    receive {Port, {data, {eol, Line}}} -> ok end.

%% Every connection has its process, and all of them wait.
wait_for_processes() ->
    Waiting = length([P || P <- processes(), process_info(P, [status, current_function]) =:=
                              [{status, waiting}, {current_function, {?MODULE, wait, 1}}]]),
    if
        Waiting < ?IDLE -> timer:sleep(100), wait_for_processes();
        true -> ok
    end.
