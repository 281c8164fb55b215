"""Distribution over TLS, with OTP's own inet_tls_dist: some of the cases again, and strangers who are turned away."""
import os
import socket
import subprocess

CASES = ["large", "monitors", "sends"]
OPTIONS = """[{server, [{certfile, "%(place)s/node.pem"}, {keyfile, "%(place)s/node.key"}, {cacertfile, "%(place)s/ca.pem"},
           {verify, verify_peer}, {fail_if_no_peer_cert, true}]},
 {client, [{certfile, "%(place)s/node.pem"}, {keyfile, "%(place)s/node.key"}, {cacertfile, "%(place)s/ca.pem"},
           {verify, verify_peer}]}].
"""


def openssl(place, *words):
    subprocess.run(["openssl", *words], cwd=place, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_certificates(place):
    """An authority, and a certificate of it for the nodes of this host: the client compares the host's name."""
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    openssl(place, "req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=cluster")
    openssl(place, "req", *new_key, "-keyout", "node.key", "-out", "node.csr", "-subj", "/CN=node",
            "-addext", "subjectAltName=DNS:" + socket.gethostname().split(".")[0])
    openssl(place, "x509", "-req", "-in", "node.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-copy_extensions", "copy", "-out", "node.pem")


def flags(place, name, certificates):
    with open(os.path.join(place, name), "w", encoding="utf-8") as file:
        file.write(OPTIONS % {"place": certificates})
    return ["-proto_dist", "inet_tls", "-ssl_dist_optfile", os.path.join(place, name)]


def strangers(cluster, kind, place):
    """Who speaks no TLS, or has a certificate of somebody else, is not let in."""
    peer, _ = cluster.start(kind)
    own, answers = cluster.flags, []
    foreign = os.path.join(place, "foreign")
    os.makedirs(foreign, exist_ok=True)
    make_certificates(foreign)
    for cluster.flags in ([], flags(foreign, "foreign.conf", foreign), own):
        ping = "io:format(\"~p~n\", [net_adm:ping(list_to_atom(\"" + peer + "@\" ++ tl(string:find(atom_to_list(node()), \"@\"))))])"
        answers.append(cluster.run("otp", ping).split())
    return [] if answers == [["pang"], ["pang"], ["pong"]] else [f"strangers to {kind} got {answers}"]


def run(place, cluster_for, pair):
    make_certificates(place)
    over_tls = lambda server: cluster_for(server, flags(place, "tls.conf", place))
    failures = pair(CASES, over_tls)
    for kind in ("otp", "purlin"):
        cluster = over_tls(kind)
        try:
            failures += strangers(cluster, kind, place)
        finally:
            cluster.stop()
    return failures
