%% OTP's crypto library: whatever follows from its arguments alone is the same on both machines.
-module(crypto_).
-compile([export_all, nowarn_export_all]).

try_(F) -> try F() catch C:R -> {C, reason(R)} end.
%% Where in the library's C it went wrong says nothing.
reason({Tag, {File, Line}, Text}) when is_list(File), is_integer(Line) -> {Tag, File, Text};
reason(R) -> R.

data() -> [<<>>, <<"abc">>, binary:copy(<<"0123456789abcdef">>, 100), [<<"io">>, "list", [$x | <<"tail">>]], <<0:7, 255, 0:1>>].
key(N) -> binary:part(binary:copy(<<"The quick brown fox jumps over the lazy dog">>, 4), 0, N).

supports_case() -> [lists:sort(proplists:get_value(K, crypto:supports())) || K <- [hashs, ciphers, public_keys, macs, curves, rsa_opts]].
hash_case() -> [{H, [try_(fun() -> crypto:hash(H, D) end) || D <- data()]} || H <- lists:sort(crypto:supports(hashs))].
hash_info_case() -> [{H, crypto:hash_info(H)} || H <- lists:sort(crypto:supports(hashs))].
hash_update_case() ->
    [crypto:hash_final(lists:foldl(fun(D, S) -> crypto:hash_update(S, D) end, crypto:hash_init(H), [<<"a">>, ["b", <<"c">>], <<>>]))
     || H <- [md5, sha, sha256, sha512, sha3_256, blake2b]].
hash_large_case() -> [crypto:hash(sha256, binary:copy(<<"x">>, 10000000)), crypto:hash(md5, lists:duplicate(100, binary:copy(<<"y">>, 1000)))].
hash_errors_case() -> [try_(F) || F <- [fun() -> crypto:hash(nosuch, <<>>) end, fun() -> crypto:hash(sha, atom) end, fun() -> crypto:hash_update(make_ref(), <<>>) end,
                                        fun() -> crypto:hash_final(x) end, fun() -> crypto:hash_info(nosuch) end]].
trace_case() -> [try crypto:hash_nif(nosuch, <<>>) catch C:R:S -> {C, reason(R), hd(S)} end, try crypto:hash_nif(sha) catch C1:R1:S1 -> {C1, R1, hd(S1)} end].
mac_case() -> [{H, [crypto:mac(hmac, H, K, D) || K <- [<<>>, <<"k">>, key(100)], D <- data(), is_binary(D) andalso bit_size(D) rem 8 =:= 0]} || H <- [md5, sha, sha224, sha256, sha384, sha512]].
cmac_case() -> [crypto:mac(cmac, aes_128_cbc, key(16), <<"data">>), crypto:mac(cmac, aes_256_cbc, key(32), <<"data">>), crypto:mac(poly1305, key(32), <<"data">>),
                crypto:macN(hmac, sha256, <<"k">>, <<"d">>, 7), try_(fun() -> crypto:mac(cmac, aes_128_cbc, key(15), <<>>) end)].
mac_update_case() -> S = crypto:mac_init(hmac, sha256, <<"key">>), [crypto:mac_final(crypto:mac_update(crypto:mac_update(S, <<"a">>), "bc"))].
cipher_info_case() -> [{C, crypto:cipher_info(C)} || C <- lists:sort(crypto:supports(ciphers))].
cipher_case() ->
    [begin
         #{key_length := K, iv_length := I, block_size := B} = crypto:cipher_info(C),
         Text = binary:copy(<<"block of sixteen">>, 4),
         {C, B, try_(fun() ->
             Enc = case I of 0 -> crypto:crypto_one_time(C, key(K), Text, true); _ -> crypto:crypto_one_time(C, key(K), key(I), Text, true) end,
             Dec = case I of 0 -> crypto:crypto_one_time(C, key(K), Enc, false); _ -> crypto:crypto_one_time(C, key(K), key(I), Enc, false) end,
             {Enc, Dec =:= Text}
         end)}
     end || C <- lists:sort(crypto:supports(ciphers)), not lists:member(maps:get(mode, crypto:cipher_info(C), undefined), [gcm_mode, ccm_mode]), C =/= chacha20_poly1305].
aead_case() ->
    [begin
         #{key_length := K, iv_length := I} = crypto:cipher_info(C),
         {Enc, Tag} = crypto:crypto_one_time_aead(C, key(K), key(I), <<"text">>, <<"aad">>, true),
         {C, Enc, Tag, crypto:crypto_one_time_aead(C, key(K), key(I), Enc, <<"aad">>, Tag, false),
          crypto:crypto_one_time_aead(C, key(K), key(I), Enc, <<"other">>, Tag, false)}
     end || C <- [aes_128_gcm, aes_192_gcm, aes_256_gcm, aes_128_ccm, aes_256_ccm, chacha20_poly1305]].
stream_case() ->
    S = crypto:crypto_init(aes_128_ctr, key(16), key(16), true),
    A = [crypto:crypto_update(S, D) || D <- [<<"a">>, <<"bcdef">>, binary:copy(<<"z">>, 1000)]],
    P = crypto:crypto_init(aes_128_cbc, key(16), key(16), [{encrypt, true}, {padding, pkcs_padding}]),
    {A, crypto:crypto_update(P, <<"odd">>), crypto:crypto_final(P), crypto:crypto_get_data(P)}.
cipher_errors_case() ->
    [try_(F) || F <- [fun() -> crypto:crypto_one_time(aes_128_cbc, key(15), key(16), <<>>, true) end, fun() -> crypto:crypto_one_time(nosuch, <<>>, <<>>, true) end,
                      fun() -> crypto:crypto_one_time(aes_128_cbc, key(16), key(15), <<>>, true) end, fun() -> crypto:crypto_one_time(aes_128_cbc, key(16), key(16), atom, true) end,
                      fun() -> crypto:crypto_one_time_aead(aes_128_gcm, key(16), key(12), <<>>, <<>>, <<1>>, false) end, fun() -> crypto:cipher_info(nosuch) end]].
exor_case() -> [crypto:exor(<<1, 2, 3>>, <<255, 255, 255>>), crypto:exor([<<1>>, 2], <<3, 4>>), try_(fun() -> crypto:exor(<<1>>, <<>>) end)].
mod_pow_case() -> [crypto:mod_pow(3, 1000, 1009), crypto:mod_pow(<<5>>, 1 bsl 100, (1 bsl 127) - 1), try_(fun() -> crypto:mod_pow(a, 1, 2) end)].
pbkdf2_case() -> [crypto:pbkdf2_hmac(sha256, <<"password">>, <<"salt">>, N, 32) || N <- [1, 1000]].
hash_equals_case() -> [crypto:hash_equals(<<"a">>, <<"a">>), crypto:hash_equals(<<"a">>, <<"b">>), try_(fun() -> crypto:hash_equals(<<"a">>, <<>>) end)].

%% ---- keys

private_of(Curve, Size) -> {Public, Private} = crypto:generate_key(ecdh, Curve, key(Size)), {Curve, Public, Private =:= key(Size)}.
ec_key_case() -> [private_of(secp256r1, 32), private_of(secp384r1, 48), private_of(secp256k1, 32), private_of(brainpoolP256r1, 32)].
ed_key_case() -> [crypto:generate_key(eddsa, ed25519, key(32)), crypto:generate_key(eddsa, ed448, key(57)), crypto:generate_key(ecdh, x25519, key(32)), crypto:generate_key(ecdh, x448, key(56))].
eddsa_case() -> {Public, Private} = crypto:generate_key(eddsa, ed25519, key(32)), S = crypto:sign(eddsa, none, <<"m">>, [Private, ed25519]),
                {S, crypto:verify(eddsa, none, <<"m">>, S, [Public, ed25519]), crypto:verify(eddsa, none, <<"n">>, S, [Public, ed25519])}.
ecdh_case() ->
    [begin
         {PubA, PrivA} = crypto:generate_key(ecdh, C, key(N)), {PubB, PrivB} = crypto:generate_key(ecdh, C, binary:copy(<<7>>, N)),
         {C, crypto:compute_key(ecdh, PubB, PrivA, C), crypto:compute_key(ecdh, PubA, PrivB, C)}
     end || {C, N} <- [{secp256r1, 32}, {secp521r1, 60}, {x25519, 32}]].
ecdsa_case() ->
    {Public, Private} = crypto:generate_key(ecdh, secp256r1),
    S = crypto:sign(ecdsa, sha256, <<"m">>, [Private, secp256r1]),
    {crypto:verify(ecdsa, sha256, <<"m">>, S, [Public, secp256r1]), crypto:verify(ecdsa, sha256, <<"n">>, S, [Public, secp256r1]),
     try_(fun() -> crypto:verify(ecdsa, sha256, <<"m">>, <<"no signature">>, [Public, secp256r1]) end), try_(fun() -> crypto:generate_key(ecdh, nosuch) end)}.
dh_case() ->
    P = 16#FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A637ED6B0BFF5CB6F406B7EDEE386BFB5A899FA5AE9F24117C4B1FE649286651ECE65381FFFFFFFFFFFFFFFF,
    {A, PrivA} = crypto:generate_key(dh, [P, 2]),
    {B, PrivB} = crypto:generate_key(dh, [P, 2]),
    crypto:compute_key(dh, A, PrivB, [P, 2]) =:= crypto:compute_key(dh, B, PrivA, [P, 2]).
srp_case() ->
    {G, N} = {<<2>>, binary:decode_unsigned(crypto:hash(sha512, <<"n">>)) bor 1},
    [try_(fun() -> crypto:generate_key(srp, {user, [G, N, '6a']}, key(32)) end),
     try_(fun() -> crypto:generate_key(srp, {host, [<<"verifier">>, G, N, '6a']}, key(32)) end)].
rsa_case() ->
    [E, N, D] = rsa_key(),
    S1 = crypto:sign(rsa, sha256, <<"message">>, [E, N, D]),
    {S1, crypto:verify(rsa, sha256, <<"message">>, S1, [E, N]), crypto:verify(rsa, sha, <<"message">>, S1, [E, N]),
     crypto:private_encrypt(rsa, <<"text">>, [E, N, D], rsa_pkcs1_padding),
     crypto:private_decrypt(rsa, crypto:public_encrypt(rsa, <<"text">>, [E, N], rsa_pkcs1_padding), [E, N, D], rsa_pkcs1_padding),
     crypto:private_decrypt(rsa, crypto:public_encrypt(rsa, <<"text">>, [E, N], rsa_pkcs1_oaep_padding), [E, N, D], rsa_pkcs1_oaep_padding),
     crypto:privkey_to_pubkey(rsa, [E, N, D]), try_(fun() -> crypto:sign(rsa, nosuch, <<>>, [E, N, D]) end), try_(fun() -> crypto:sign(rsa, sha, <<>>, bad) end)}.
% Public exponent, modulus, private exponent.
rsa_key() ->
    [65537,
     16#B1D63E0BBA71BCA600DE9D86DD5986004DEAD00477C230933ACFF992D3074B12DF86882AC6B4F97C13BE820C55963DEBF8AE45A446C8F9538269C955B6BD3E449E38DCEDE1AF22027274A9F069845A58B422986D26D5839F312C4454923360E6B528A38E9ECD4130390C0496270D86749BF99EA5B5837809671E54469E1CD3FF,
     16#4B481565E39C482EC1C97B47DF26099AD1612883EBAA71E3B18EDEE8AF9AB3C61E8795D6FDDD188BD4D3DDBB98F38BECFB8DD27F5353BA700691FF9FE046C6379259B52F52A7FE61D7A30C83AD023F9F6C2D727209A7ACC78C6EB7DA1CF109F99DDAF0B22C20B5D4BEC1C49C9584B43518BFC2A36DE932CF0440C7EDF5001E41].

%% ---- chance

rand_case() -> [byte_size(crypto:strong_rand_bytes(N)) || N <- [0, 1, 100]] ++ [try_(fun() -> crypto:strong_rand_bytes(-1) end), crypto:rand_uniform(5, 6)].
rand_state_case() -> S = crypto:rand_seed_alg_s(crypto_aes, "seed"), {L, _} = lists:mapfoldl(fun(_, A) -> rand:uniform_s(1 bsl 40, A) end, S, lists:seq(1, 2000)), lists:sum(L).
rand_range_case() -> X = crypto:rand_uniform(10, 20), X >= 10 andalso X < 20.

%% ---- many at once, and while other things go on

parallel_case() ->
    Self = self(),
    Pids = [spawn_link(fun() -> Self ! {self(), [crypto:hash(sha256, <<I:32, J:32>>) || J <- lists:seq(1, 200)]} end) || I <- lists:seq(1, 20)],
    erlang:phash2([receive {P, R} -> R end || P <- Pids]).
pbkdf2_parallel_case() ->
    Self = self(),
    Pids = [spawn_link(fun() -> Self ! {self(), crypto:pbkdf2_hmac(sha512, <<I>>, <<"salt">>, 20000, 16)} end) || I <- lists:seq(1, 4)],
    [receive {P, R} -> R end || P <- Pids].
killed_case() ->
    Pids = [spawn(fun derive_for_ever/0) || _ <- lists:seq(1, 4)],
    Refs = [erlang:monitor(process, P) || P <- Pids],
    [exit(P, kill) || P <- Pids],
    [receive {'DOWN', R, _, _, Why} -> Why end || R <- Refs].
derive_for_ever() ->
    crypto:pbkdf2_hmac(sha512, <<"p">>, <<"salt">>, 20000, 16),
    erlang:yield(), % this function is an ordinary one: it counts as a call among thousands of a slice
    derive_for_ever().
info_case() -> [crypto:info_lib(), lists:sort(crypto:module_info(nifs)), erlang:system_info(taints), lists:sort(zlib:module_info(nifs))].
