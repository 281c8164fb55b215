%% binary: matching
-module(binary_match).
-export([run/0]).
run() -> B = binary:copy(<<"key=value;other=thing\n">>, 20000), 40000 = count(B, 0), sum(B, 0).
count(<<$=, R/binary>>, N) -> count(R, N + 1);
count(<<_, R/binary>>, N) -> count(R, N);
count(<<>>, N) -> N.
sum(<<A:16/little, B:12, C:4, R/binary>>, S) -> sum(R, S + A + B + C);
sum(_, S) -> S.
