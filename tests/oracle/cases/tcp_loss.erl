%% Stream sockets whose peer goes while they are passive: who is told, and when.
-module(tcp_loss).
-compile([export_all, nowarn_export_all]).

receive_case() -> [after_loss(fun(S) -> gen_tcp:recv(S, 0) end, Options) || Options <- options()].
send_case() -> [after_loss(fun(S) -> [send(S), send(S)] end, Options) || Options <- options()].
send_once_case() -> [after_loss(fun send/1, Options) || Options <- options()].
untouched_case() -> [after_loss(fun(_) -> ok end, Options) || Options <- options()].

active_case() ->
    {Client, Server} = pair(),
    ok = inet:setopts(Server, [{active, true}]),
    ok = gen_tcp:close(Client),
    told(Server).

options() ->
    [[{active, true}], [{active, once}], [{active, 3}], [{packet, 4}], [{nodelay, true}], [{active, true}, {packet, 4}, {nodelay, true}]].

%% The socket's peer closes, something is tried, then options are set.
after_loss(Try, Options) ->
    process_flag(trap_exit, true),
    {Client, Server} = pair(),
    ok = gen_tcp:close(Client),
    timer:sleep(20),
    Tried = Try(Server),
    {Tried, inet:setopts(Server, Options), told(Server)}.

send(Socket) ->
    Result = gen_tcp:send(Socket, <<"x">>),
    timer:sleep(20), % for the peer's reset
    Result.

%% The messages, and whether the port is still there.
told(Socket) ->
    Messages = messages(Socket),
    Open = erlang:port_info(Socket) =/= undefined,
    gen_tcp:close(Socket),
    {Messages, Open}.

messages(Socket) ->
    receive
        {Tag, Socket} -> [Tag | messages(Socket)];
        {Tag, Socket, Value} -> [{Tag, Value} | messages(Socket)]
    after 50 -> []
    end.

pair() ->
    {ok, Listener} = gen_tcp:listen(0, [{active, false}, {ip, {127, 0, 0, 1}}]),
    {ok, Port} = inet:port(Listener),
    {ok, Client} = gen_tcp:connect({127, 0, 0, 1}, Port, [{active, false}]),
    {ok, Server} = gen_tcp:accept(Listener),
    ok = gen_tcp:close(Listener),
    {Client, Server}.
