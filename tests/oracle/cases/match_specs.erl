%% What match specifications are refused for, and what odd ones give.
-module(match_specs).
-compile([export_all, nowarn_export_all]).

subject() -> {1, a, [x, y], #{k => v}, 2.5, <<1, 2, 3>>}.

table(Specifications) -> [{M, ets:test_ms(subject(), M)} || M <- Specifications].
trace(Specifications) -> [{M, erlang:match_spec_test([1, 2], M, trace)} || M <- Specifications].
body(Bodies) -> table([[{'_', [], B}] || B <- Bodies]).
guard(Guards) -> table([[{'_', G, [yes]}] || G <- Guards]).

shape_case() ->
    table([x, [], [x], [{a}], [{'_', [], []}], [{'_', a, b}], [{'_', [a | b], [b]}], [{'_', [], [b | c]}], [{'_', [], c}],
           [{'_', [false], [1]}, {'_', [], [2]}]]).
variables_case() ->
    table([[{'_', [], ['$1']}], [{'_', [], ['$$']}], [{{'$1', '$3', '_', '_', '_', '_'}, [], ['$$']}],
           [{{'$3', '$1', '_', '_', '_', '_'}, [], ['$$']}], [{'$1', [], ['$$']}], [{{'$1', '_', '_', '_', '_', '_'}, [], ['$2']}],
           [{{'$01', '_', '_', '_', '_', '_'}, [], ['$01', '$1']}], [{{'$0', '_', '_', '_', '_', '_'}, [], ['$0']}],
           [{{'$100000000', '_', '_', '_', '_', '_'}, [], ['$100000000']}], [{'_', [], ['$']}], [{'_', [], ['_']}],
           [{{'$1', '$1', '_', '_', '_', '_'}, [], ['$1']}]]).
maps_case() ->
    table([[{{'_', '_', '_', #{k => '$1'}, '_', '_'}, [], ['$1']}], [{{'_', '_', '_', #{'$1' => '$2'}, '_', '_'}, [], ['$1']}],
           [{{'_', '_', '_', #{'_' => '$2'}, '_', '_'}, [], ['$1']}], [{{'_', '_', '_', #{}, '_', '_'}, [], [yes]}],
           [{'_', [], [#{a => '$_'}]}], [{'_', [], [#{{hd, a} => 1}]}]]).
failures_case() ->
    body([[{hd, a}], [{hd, a}, 3], [{{{hd, a}, 3}}], [[{hd, 1} | {tl, 2}]], [{is_atom, {hd, a}}], [{'not', a}], [{'+', a}], [{node, a}],
          [{'and', false, a}], [{'or', true, a}], [{'orelse', true, a, {hd, b}}], [{'andalso', false, a, {hd, b}}], [{'andalso', true, a}],
          [{'andalso', a, true}], [{'andalso', x}], [{'and', x}], [{'andalso', true, a, true}]]).
guards_case() ->
    guard([[a], [[]], [{hd, a}], [true, true], [{'orelse', {hd, a}, true}], [{const, true}], [{'=:=', {size, '$_'}, 6}], [{'$1'}],
           [{'and', [true | x]}], [{is_foo, x}]]).
calls_case() ->
    body([[{}], [{{}}], [{1, 2}], [{{a}, 2}], [{foo, a}], [{self, 1}], [{element, 3}], [{'+', 1, 2, 3}], [{'-', 1}], [{const}], [{const, 1, 2}],
          [{const, {foo, '$_'}}], [{'and'}], [{'andalso'}], [{is_record, '$_', a, 6}], [{is_record, '$_', a}], [{tuple_size, '$_'}],
          [{binary_part, <<1, 2, 3>>, 1, 1}], [{binary_part, <<1, 2, 3>>, {{1, 1}}}], [{float, 1}], [{xor_, true}], [{'xor', true, true, true}],
          [{get_tcw}], [{message, a}], [{return_trace}], [{set_seq_token, label, 1}], [{is_seq_trace}]]).
several_errors_case() ->
    table([[{'_', [{is_foo, x}], [{bar, 1}]}], [{'_', [{is_atom}], [{hd, 1, 2}]}], [{'_', [{'$1'}], ['$1', {a}]}]]).

trace_case() ->
    trace([x, [{'_', [], []}], [{a, [], []}], [{{a}, [], []}], [{['$1' | '$2'], [], ['$2']}], [{['$1'], [], []}], [{'_', [], a}],
           [{['$1', '$2'], [{'>', '$1', 5}], []}], [{'_', [], [true, false, a]}], [{'$1', [], [{message, '$1'}]}],
           [{['$1', '$2'], [], [{message, '$$'}]}], [{'_', [], [{message, false}]}], [{'_', [], [{return_trace}, {exception_trace}]}],
           [{'_', [], [{message, {caller}}]}], [{'_', [], [{message, {get_tcw}}]}], [{'_', [], [{message}]}], [{'_', [], [{return_trace, 1}]}],
           [{'_', [{return_trace}], []}], [{'_', [], [{silent}]}], [{'_', [], [{enable_trace}]}], [{'_', [], [{hd, a}, {return_trace}]}]]).

replace_case() ->
    Try = fun(T, M) -> try ets:select_replace(T, M) catch C:R -> {C, R} end end,
    [begin
         T = ets:new(t, [Type]),
         ets:insert(T, [{N, N * 2} || N <- lists:seq(1, 10)]),
         Results = [Try(T, M) || M <- [[{{'$1', '$2'}, [], [{{'$1', {'+', '$2', 1}}}]}], [{{'$1', '$2'}, [], [{{'$2', '$1'}}]}], [{'$1', [], ['$1']}],
                                       [{{'$1', '$2'}, [], ['$_']}], [{{1, '$2'}, [], [{{1, foo}}]}], [{{1, '$2'}, [], [{{1.0, foo}}]}],
                                       [{{1, '_'}, [], [{const, {1, bar}}]}], [{{1, '_'}, [], [{{{element, 1, '$_'}, baz}}]}],
                                       [{{'$1', '$2'}, [], [{{'$1', {hd, '$2'}}}]}]]],
         {Type, Results, lists:sort(ets:tab2list(T))}
     end || Type <- [set, ordered_set, duplicate_bag]].
