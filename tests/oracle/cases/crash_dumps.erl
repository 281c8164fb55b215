-module(crash_dumps).
-compile([export_all, nowarn_export_all]).

%% Crash dumps: which sections there are, which fields each kind of section has, and what stands in those whose values
%% do not depend on the machine. A dump is written by a node of the same kind that ends in a state we know.

%% ---- the node that ends

state() ->
    register(crashing, self()),
    Other = spawn(fun other/0),
    register(other, Other),
    wait_for_receive(Other),
    Other ! {hello, [1, 2 | 3], 1.5},
    Other ! "a string",
    link(Other),
    monitor(process, Other),
    ets:insert(ets:new(a_set, [named_table, public]), {a, 1}),
    ets:insert(ets:new(an_ordered_set, [named_table, ordered_set]), {b, 2}),
    erlang:send_after(1000000, self(), a_message),
    erlang:start_timer(2000000, Other, {another}),
    persistent_term:put({?MODULE, key}, {value, "text"}),
    open_port({spawn, "cat"}, []),
    maps:foreach(fun put/2, values()).

%% Where it stands then, whether or not it has been woken since.
wait_for_receive(Pid) ->
    case process_info(Pid, [status, current_function]) of
        [{status, waiting}, {current_function, {?MODULE, other, 0}}] -> ok;
        _ -> erlang:yield(), wait_for_receive(Pid)
    end.

other() ->
    put(key, value),
    receive never -> ok end.

values() ->
    Long = binary:copy(<<"abc">>, 100),
    #{integers => [0, -1, 1 bsl 58, -(1 bsl 58), 1 bsl 64, -(1 bsl 200)],
      floats => {0.0, 1.5, -2.0e-300, 1.0e300},
      atoms => {a, 'B c', [], '', 'zażółć'},
      texts => ["abc", [], [[]], "a" ++ b],
      binaries => {<<>>, <<"short">>, Long, binary:part(Long, 7, 200)},
      maps => {#{}, #{a => #{b => 1.25}}, maps:from_list([{I, {I}} || I <- lists:seq(1, 100)])},
      funs => fun lists:map/2,
      deep => lists:foldl(fun(I, A) -> {I, [A]} end, [], lists:seq(1, 1000)),
      literal => {a, "literal", <<"with parts">>, 3.25}}.

dump(Expression) -> dump(Expression, "").

%% The node's exit status and the sections of the dump that it leaves when it ends by that expression. Cases that want
%% the same dump share it.
dump(Expression, Flags) ->
    Key = {?MODULE, Expression, Flags},
    case persistent_term:get(Key, none) of
        none ->
            Dump = make_dump(Expression, Flags),
            persistent_term:put(Key, Dump),
            Dump;
        Dump -> Dump
    end.

make_dump(Expression, Flags) ->
    Name = "crash_dumps.dump." ++ os:getpid(),
    file:delete(Name),
    Directory = filename:dirname(code:which(?MODULE)),
    Command = "ERL_CRASH_DUMP=" ++ Name ++ " erl -noshell " ++ Flags ++ " -pa " ++ Directory ++ " -eval 'crash_dumps:state(), "
        ++ Expression ++ ".' >/dev/null 2>&1; echo $?",
    Status = os:cmd(Command),
    {ok, Text} = file:read_file(Name),
    file:delete(Name),
    {string:trim(Status), sections(binary:split(Text, <<"\n">>, [global]))}.

%% [{Tag, Id, Lines}]
sections([<<"=", Head/binary>> | Lines]) ->
    {Body, Rest} = lists:splitwith(fun(<<"=", C, _/binary>>) -> C < $a; (_) -> true end, Lines),
    {Tag, Id} = case binary:split(Head, <<":">>) of [T, I] -> {T, I}; [T] -> {T, <<>>} end,
    [{Tag, Id, Body} | sections(Rest)];
sections(_) -> [].

fields(Lines) -> [{Field, Value} || Line <- Lines, [Field, Value] <- [binary:split(Line, <<": ">>)]].

value(Field, Lines) -> proplists:get_value(Field, fields(Lines)).

of_tag(Tag, Sections) -> [{Id, Lines} || {T, Id, Lines} <- Sections, T =:= Tag].

process(Name, Sections) ->
    [{Pid, Lines}] = [P || {_, Lines} = P <- of_tag(<<"proc">>, Sections), value(<<"Name">>, Lines) =:= Name],
    {Pid, Lines}.

%% ---- cases

%% OTP tells of its allocators; ours has nothing of the kind to tell.
tags_case() ->
    {Status, Sections} = dump("halt(\"a slogan\")"),
    Ends = [Tag || {Tag, _, _} <- [hd(Sections), lists:last(Sections)]],
    {Status, Ends, lists:usort([Tag || {Tag, _, _} <- Sections]) -- [<<"allocator">>]}.

header_case() ->
    {_, [{_, Version, [_Date | Lines]} | _]} = dump("halt(\"a slogan\")"),
    {Version, [Field || {Field, _} <- fields(Lines)], value(<<"Slogan">>, Lines), value(<<"Taints">>, Lines)}.

taints_case() ->
    {_, [{_, _, Lines} | _]} = dump("crypto:strong_rand_bytes(1), halt(\"a slogan\")"),
    value(<<"Taints">>, Lines).

%% The fields of each kind of section whose lines are fields. (What a process was last scheduled in for OTP does not
%% always know.)
fields_case() ->
    {_, Sections} = dump("halt(\"a slogan\")"),
    Kinds = [<<"scheduler">>, <<"dirty_cpu_scheduler">>, <<"dirty_cpu_run_queue">>, <<"dirty_io_scheduler">>,
             <<"dirty_io_run_queue">>, <<"memory">>, <<"hash_table">>, <<"index_table">>, <<"proc">>, <<"ets">>, <<"timer">>,
             <<"loaded_modules">>, <<"mod">>, <<"fun">>],
    [{Kind, lists:usort([Field || {_, Lines} <- of_tag(Kind, Sections), {Field, _} <- fields(Lines)]) -- [<<"Last scheduled in for">>]} || Kind <- Kinds].

processes_case() ->
    {_, Sections} = dump("halt(\"a slogan\")"),
    {_, Other} = process(<<"other">>, Sections),
    {_, Idle} = process(<<"kernel_sup">>, Sections),
    {Pid, Self} = process(<<"crashing">>, Sections),
    [PC, _] = binary:split(element(2, lists:keyfind(<<"Program counter">>, 1, fields(Other))), <<" + ">>),
    [_, Function] = binary:split(PC, <<"(">>),
    Links = length(binary:split(value(<<"Link list">>, Self), <<", ">>, [global])),
    {[{F, value(F, Other)} || F <- [<<"Spawned as">>, <<"Message queue length">>]],
     [{F, value(F, Idle)} || F <- [<<"State">>, <<"Internal State">>, <<"Message queue length">>]], [{F, value(F, Self)} || F <- [<<"State">>, <<"Spawned as">>]], Function,
     value(<<"Spawned by">>, Other) =:= Pid, Links,
     [L || <<"arity", _/binary>> = L <- Idle]}.

saved_calls_case() ->
    {_, Sections} = dump("process_flag(save_calls, 3), lists:reverse([1]), halt(\"a slogan\")"),
    {_, Lines} = process(<<"crashing">>, Sections),
    {Calls, [<<>>, <<"Link list", _/binary>> | _]} = lists:splitwith(fun(Line) -> Line =/= <<>> end, Lines),
    [_ | Saved] = lists:dropwhile(fun(Line) -> binary:match(Line, <<"Last calls:">>) =:= nomatch end, Calls),
    {length(Saved), lists:usort([binary:first(Line) || Line <- Saved])}.

stack_case() ->
    {_, Sections} = dump("halt(\"a slogan\")"),
    {Pid, _} = process(<<"crashing">>, Sections),
    [{_, Lines}] = [S || {P, _} = S <- of_tag(<<"proc_stack">>, Sections), P =:= Pid],
    {Pid, Process} = process(<<"crashing">>, Sections),
    [_, PC | _] = binary:split(value(<<"Program counter">>, Process), [<<"(">>, <<" + ">>], [global]),
    Returns = [PC] ++ [re:replace(L, ".*SReturn addr [^(]*[(]([^ )]*).*", "\\1", [{return, binary}])
               || L <- Lines, binary:match(L, <<"SReturn">>) =/= nomatch],
    {lists:member(<<"erlang:halt/1">>, Returns), lists:last(Returns), lists:usort([re:replace(L, "^([xy])[0-9]+:.*", "\\1", [{return, binary}]) || L <- Lines,
     binary:match(L, <<"SReturn">>) =:= nomatch])}.

tables_case() ->
    {_, Sections} = dump("halt(\"a slogan\")"),
    Told = [<<"Objects">>, <<"Type">>, <<"Protection">>, <<"Compressed">>, <<"Write Concurrency">>, <<"Read Concurrency">>],
    lists:sort([{N, [value(F, Lines) || F <- Told]} || {_, Lines} <- of_tag(<<"ets">>, Sections), N <- [value(<<"Table">>, Lines)],
                lists:member(N, [<<"a_set">>, <<"an_ordered_set">>, <<"ac_tab">>, <<"logger">>])]).

timers_case() ->
    {_, Sections} = dump("halt(\"a slogan\")"),
    {Pid, _} = process(<<"crashing">>, Sections),
    {Other, _} = process(<<"other">>, Sections),
    lists:sort([{Id =:= Pid, re:replace(value(<<"Message">>, Lines), "#Ref<[0-9.]*>", "ref", [{return, binary}]),
                 (binary_to_integer(value(<<"Time left">>, Lines)) + 999999) div 1000000}
                || {Id, Lines} <- of_tag(<<"timer">>, Sections), Id =:= Pid orelse Id =:= Other]).

ports_case() ->
    {_, Sections} = dump("halt(\"a slogan\")"),
    {Pid, _} = process(<<"crashing">>, Sections),
    [[{F, V} || {F, V} <- fields(Lines), F =/= <<"Slot">>, F =/= <<"State">>, V =/= Pid]
     || {_, Lines} <- of_tag(<<"port">>, Sections), value(<<"Connected">>, Lines) =:= Pid].

nodes_case() ->
    {_, Sections} = dump("halt(\"a slogan\")"),
    [Section || {Tag, _, _} = Section <- Sections, lists:member(Tag, [<<"node">>, <<"no_distribution">>])].

modules_case() ->
    {_, Sections} = dump("halt(\"a slogan\")"),
    [{_, Lines}] = [M || {<<"crash_dumps">>, _} = M <- of_tag(<<"mod">>, Sections)],
    {binary_to_term(base64:decode(value(<<"Current attributes">>, Lines))) =:= ?MODULE:module_info(attributes),
     lists:keymember(version, 1, binary_to_term(base64:decode(value(<<"Current compilation info">>, Lines))))}.

atoms_case() ->
    {_, Sections} = dump("halt(\"a slogan\")"),
    [{_, Lines}] = of_tag(<<"atoms">>, Sections),
    {_, _, Header} = hd(Sections),
    {lists:nthtail(length(Lines) - 2, Lines), [lists:member(A, Lines) || A <- [<<"'B c'">>, <<"undefined">>, <<"''">>]],
     binary_to_integer(value(<<"Atoms">>, Header)) =:= length(Lines)}.

%% All values come back as they were. (Not compared: bitstrings of parts of bytes, of which OTP writes the whole bytes.)
values_case() ->
    {_, Sections} = dump("halt(\"a slogan\")"),
    {Pid, _} = process(<<"crashing">>, Sections),
    Dictionary = dictionary(Pid, Sections),
    Values = values(),
    [{Key, maps:get(Key, Values) =:= proplists:get_value(Key, Dictionary)} || Key <- lists:sort(maps:keys(Values))].

messages_case() ->
    {_, Sections} = dump("halt(\"a slogan\")"),
    {Other, _} = process(<<"other">>, Sections),
    [{_, Lines}] = [S || {P, _} = S <- of_tag(<<"proc_messages">>, Sections), P =:= Other],
    {lists:sort([begin {M, <<":N">>} = word(L, heap(Other, Sections)), M end || L <- Lines]), dictionary(Other, Sections)}.

persistent_terms_case() ->
    {_, Sections} = dump("halt(\"a slogan\")"),
    [{_, Lines}] = of_tag(<<"persistent_terms">>, Sections),
    Literals = heap(none, Sections),
    [{K, V} || L <- Lines, {{?MODULE, _} = K, <<"|", Rest/binary>>} <- [word(L, Literals)], {V, <<>>} <- [word(Rest, Literals)]].

%% Other ends.

atoms_full_case() ->
    {Status, Sections} = dump("[list_to_atom(\"x\" ++ integer_to_list(I)) || I <- lists:seq(1, 9000)]", "+t 8192"),
    {_, _, Header} = hd(Sections),
    {Status, value(<<"Slogan">>, Header), element(1, lists:last(Sections)), atom_values(Sections)}.

atom_values(Sections) ->
    {Pid, _} = process(<<"crashing">>, Sections),
    maps:get(maps, values()) =:= proplists:get_value(maps, dictionary(Pid, Sections)).

%% While others are busy.
busy_case() ->
    {Status, Sections} = dump("F = fun F(L) -> F(lists:sort([length(L) | lists:reverse(L)])) end, "
                              "[spawn(fun() -> F(lists:seq(1, 1000 * I)) end) || I <- lists:seq(1, 8)], "
                              "lists:foreach(fun(I) -> put({busy, I}, binary:copy(<<I>>, 100)) end, lists:seq(1, 1000)), halt(\"busy\")"),
    {Status, element(1, lists:last(Sections)), atom_values(Sections)}.

%% ---- reading values

heap(Pid, Sections) ->
    Parts = [Lines || {Id, Lines} <- of_tag(<<"proc_heap">>, Sections), Id =:= Pid] ++ [Lines || {_, Lines} <- of_tag(<<"literals">>, Sections)],
    Binaries = [{{binary, Id}, counted(Line)} || {Id, [Line | _]} <- of_tag(<<"binary">>, Sections)],
    maps:from_list(Binaries ++ [{Address, Value} || Lines <- Parts, Line <- Lines, [Address, Value] <- [binary:split(Line, <<":">>)]]).

dictionary(Pid, Sections) ->
    Heap = heap(Pid, Sections),
    [begin {Pair, <<>>} = word(L, Heap), Pair end || {P, Lines} <- of_tag(<<"proc_dictionary">>, Sections), P =:= Pid, L <- Lines].

%% A word and what follows it.
word(<<"N", Rest/binary>>, _) -> {[], Rest};
word(<<"I", Rest/binary>>, _) ->
    {I, More} = string:to_integer(Rest),
    {I, More};
word(<<"A", Rest/binary>>, _) ->
    {Size, More} = hex(Rest),
    <<Text:Size/binary, Next/binary>> = More,
    {binary_to_atom(Text), Next};
word(<<"H", Rest/binary>>, Heap) ->
    [Address | _] = binary:split(Rest, [<<",">>, <<"|">>, <<":">>, <<"\n">>]),
    Size = byte_size(Address),
    <<_:Size/binary, Next/binary>> = Rest,
    {pointed(maps:get(Address, Heap), Heap), Next}.

pointed(<<"l", Line/binary>>, Heap) ->
    {Head, <<"|", Rest/binary>>} = word(Line, Heap),
    {Tail, <<>>} = word(Rest, Heap),
    [Head | Tail];
pointed(<<"t", Line/binary>>, Heap) -> list_to_tuple(words(Line, Heap));
pointed(<<"F", Line/binary>>, _) ->
    {Size, Text} = hex(Line),
    binary_to_float(binary:part(Text, 0, Size));
pointed(<<"B16#", Digits/binary>>, _) -> binary_to_integer(Digits, 16);
pointed(<<"B-16#", Digits/binary>>, _) -> -binary_to_integer(Digits, 16);
pointed(<<"B", Digits/binary>>, _) -> binary_to_integer(Digits);
pointed(<<"E", Line/binary>>, _) -> binary_to_term(counted(Line));
pointed(<<"Yh", Line/binary>>, _) -> counted(Line);
pointed(<<"Y", C, Line/binary>>, Heap) when C =:= $c; C =:= $s ->
    [Id, Offset, Size] = binary:split(Line, <<":">>, [global]),
    Whole = case Heap of
                #{{binary, Id} := Bytes} -> Bytes;
                #{Id := Value} -> pointed(Value, Heap)
            end,
    binary:part(Whole, binary_to_integer(Offset, 16), binary_to_integer(Size, 16));
pointed(<<"Mf", Line/binary>>, Heap) ->
    {_, Rest} = hex(Line),
    {Keys, <<":", Values/binary>>} = word(Rest, Heap),
    maps:from_list(lists:zip(tuple_to_list(Keys), words_to_end(Values, Heap)));
pointed(<<"Mh", Line/binary>>, Heap) ->
    {Size, Rest} = hex(Line),
    Map = maps:from_list(lists:flatten([pairs(N) || N <- words(Rest, Heap)])),
    Size = maps:size(Map),
    Map;
pointed(<<"Mn", Line/binary>>, Heap) -> {node, words(Line, Heap)}.

pairs({node, Nodes}) -> [pairs(N) || N <- Nodes];
pairs([Key | Value]) -> {Key, Value}.

words(Line, Heap) ->
    {_, Rest} = hex(Line),
    words_to_end(Rest, Heap).

words_to_end(<<>>, _) -> [];
words_to_end(<<",", Line/binary>>, Heap) -> words_to_end(Line, Heap);
words_to_end(Line, Heap) ->
    {Word, Rest} = word(Line, Heap),
    [Word | words_to_end(Rest, Heap)].

counted(Line) ->
    {Size, Text} = hex(Line),
    Bytes = base64:decode(Text),
    Size = byte_size(Bytes),
    Bytes.

hex(Line) ->
    [Digits, Rest] = binary:split(Line, <<":">>),
    {binary_to_integer(Digits, 16), Rest}.
