%% What a crash dump tells of other nodes and of what ties processes here to processes there. The node that crashes is a
%% third one, of the other's kind.
-module(dumps).
-export([main/1, ties/2]).

main(N) ->
    File = filename:absname("crash." ++ os:getpid()),
    {Peer, Name} = cluster:start(N, ["-sname", "crashing" ++ os:getpid(), "-env", "ERL_CRASH_DUMP", File]),
    pong = net_adm:ping(Name),
    Watcher = spawn(fun() -> watcher(Name) end),
    Linked = spawn(fun() -> receive never -> ok end end),
    ok = rpc:call(Name, ?MODULE, ties, [Linked, Watcher]),
    monitor_node(Name, true),
    spawn(fun() -> rpc:call(Name, erlang, halt, ["a dump"]) end),
    receive {nodedown, Name} -> ok end,
    tell(wait_for_end(File, 100)),
    file:delete(File),
    catch cluster:stop(Peer).

watcher(Name) ->
    monitor(process, {crashing, Name}),
    receive never -> ok end.

%% On the node that crashes: a process that is linked with one process of ours, and monitors another and the node.
ties(Linked, Watched) ->
    Self = self(),
    spawn(fun() ->
                  register(crashing, self()),
                  monitor(process, Watched),
                  link(Linked),
                  monitor_node(node(Linked), true),
                  put(remote, Linked),
                  Self ! tied,
                  receive never -> ok end
          end),
    receive tied -> ok end,
    ok.

wait_for_end(File, Tries) ->
    case file:read_file(File) of
        {ok, Text} when Tries > 0 ->
            case binary:match(Text, <<"\n=end\n">>) of
                nomatch -> timer:sleep(100), wait_for_end(File, Tries - 1);
                _ -> binary:split(Text, <<"\n">>, [global])
            end;
        {error, _} when Tries > 0 -> timer:sleep(100), wait_for_end(File, Tries - 1)
    end.

%% The lines of a section, without what differs from run to run. (OTP has the two sides of a link the other way round than
%% its own reader expects.)
section(Tag, Lines) ->
    [Head | Rest] = lists:dropwhile(fun(Line) -> string:prefix(Line, Tag) =:= nomatch end, Lines),
    Body = lists:takewhile(fun(<<"=", _/binary>>) -> false; (_) -> true end, Rest),
    [mask(Line) || Line <- [Head | Body]].

mask(Line) ->
    lists:foldl(fun({Pattern, With}, L) -> re:replace(L, Pattern, With, [global, {return, binary}]) end, Line,
                [{"<0[.][^>]*>", "<ours>"}, {"<[0-9][^>]*>", "<theirs>"}, {"<theirs> <ours>", "<ours> <theirs>"}, {"#Port<[^>]*>", "#Port<>"}, {"#Ref<[^>]*>", "#Ref<>"},
                 {"'[^']*@[^']*'", "'name@host'"}, {"{(\\w*), *'", "{\\1,'"}, {":[0-9]+$", ":N"}, {": [0-9]+$", ": N"}]).

tell(Lines) ->
    io:format("~p~n", [section(<<"=node:">>, Lines)]),
    [Visible | Ties] = section(<<"=visible_node">>, Lines),
    io:format("~p~n~p~n", [Visible, lists:usort([L || L <- Ties, binary:match(L, <<"Creation">>) =:= nomatch])]).
