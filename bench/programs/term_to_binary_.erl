%% ext: term_to_binary and back
-module(term_to_binary_).
-export([run/0]).
run() ->
    T = [{N, [a, b, <<"text">>, 1.5], #{N => "string"}} || N <- lists:seq(1, 10000)],
    T = binary_to_term(term_to_binary(T)), ok.
