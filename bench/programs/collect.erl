%% memory: a live heap under allocation
-module(collect).
-export([run/0]).
run() -> Live = [{N, [N, N]} || N <- lists:seq(1, 300000)], churn(2000000, []), length(Live).
churn(0, A) -> A;
churn(N, [_, _, _, _ | _]) -> churn(N - 1, []);
churn(N, A) -> churn(N - 1, [{N} | A]).
