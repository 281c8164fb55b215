// Addresses as the maps that the modules socket and net know:
//
//   #{family => inet, addr => {A, B, C, D}, port => Port}
//   #{family => inet6, addr => {A, ..., H}, port => Port, flowinfo => Flow, scope_id => Scope}
//   #{family => local, path => Bytes}
//   #{family => packet, protocol, ifindex, hatype, pkttype, addr => Bytes}    only from the system
//   #{family => unspec | Number, addr => Bytes}
//
// The names are those of OTP's socket.erl. prim_socket:enc_sockaddr/1 has filled in what was left out.

#ifndef PURLIN_IO_SOCKET_ADDRESS_H
#define PURLIN_IO_SOCKET_ADDRESS_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "heap/heap.h"

// {A, B, C, D} or {A, ..., H}, of an address of IPv4 or IPv6.
term socket_ip(struct heap *heap, const struct sockaddr *address);
// The same of a tuple, or of any, loopback or broadcast (IPv4); false when the term is no such thing.
bool socket_ip4_read(term ip, struct in_addr *address);
bool socket_ip6_read(term ip, struct in6_addr *address);
// inet, inet6, local, unspec, packet, or the number.
term socket_family(int family);
// One of them but packet, as on OTP, or a number; false when the term is neither.
bool socket_family_read(term t, int *family);
// stream, dgram, raw, rdm, seqpacket, or the number.
term socket_type(int type);
// One of them but rdm, as on OTP, or a number; false when the term is neither.
bool socket_type_read(term t, int *type);
// Of an interface: ether, loopback and their kin, or the number.
term socket_hardware_type(int type);
term socket_address_map(struct heap *heap, const struct sockaddr *address, socklen_t size);
// False when the term is no such map, or one that only the system makes.
bool socket_address_read(term map, struct sockaddr_storage *address, socklen_t *size);

#endif
