# SPDX-License-Identifier: LGPL-2.1-or-later
"""MD4 (RFC 1320), which NTLM needs and OpenSSL 3 has put away."""

import struct

MASK = 0xFFFFFFFF
ROUNDS = (
    (lambda x, y, z: (x & y) | (~x & z), 0, (3, 7, 11, 19), tuple(range(16))),
    (lambda x, y, z: (x & y) | (x & z) | (y & z), 0x5A827999, (3, 5, 9, 13),
     (0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)),
    (lambda x, y, z: x ^ y ^ z, 0x6ED9EBA1, (3, 9, 11, 15),
     (0, 8, 4, 12, 2, 10, 6, 14, 1, 9, 5, 13, 3, 11, 7, 15)),
)


def md4(data):
    padded = data + b'\x80' + bytes((55 - len(data)) % 64) + struct.pack('<Q', 8 * len(data))
    state = [0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476]
    for start in range(0, len(padded), 64):
        words = struct.unpack('<16I', padded[start:start + 64])
        a, b, c, d = state
        for function, constant, shifts, order in ROUNDS:
            for step, index in enumerate(order):
                total = (a + function(b, c, d) + words[index] + constant) & MASK
                shift = shifts[step % 4]
                a, b, c, d = d, ((total << shift) | (total >> (32 - shift))) & MASK, b, c
        state = [(old + new) & MASK for old, new in zip(state, (a, b, c, d))]
    return struct.pack('<4I', *state)
