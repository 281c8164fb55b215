%% binary: construction
-module(binary_build).
-export([run/0]).
run() -> B = build(300000, <<>>), 1500000 = byte_size(B).
build(0, Acc) -> Acc;
build(N, Acc) -> build(N - 1, <<Acc/binary, N:32, (N band 255)>>).
