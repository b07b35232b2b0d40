# SPDX-License-Identifier: LGPL-2.1-or-later
"""The server's side of NTLM, by MS-NLMP: CHALLENGE_MESSAGE, and the verification of an NTLMv2 response."""

import hashlib
import hmac
import os
import struct

from .md4 import md4

SIGNATURE = b'NTLMSSP\x00'
UNICODE = 0x00000001
OEM = 0x00000002
# Unicode, request target, NTLM, always sign, target is a domain, extended session security, target info, 128, 56 bits.
CHALLENGE_FLAGS = 0xA0898205
AV_END, AV_COMPUTER, AV_DOMAIN, AV_DNS_COMPUTER, AV_DNS_DOMAIN = range(5)
AV_TIME, AV_BINDINGS = 7, 10
# 1601-01-01 to 1970-01-01 in seconds: where FILETIME begins.
EPOCH = 11644473600


class NotNtlm(Exception):
    """Not a message of this protocol."""


def nt_hash(password):
    return md4(password.encode('utf-16-le'))


def response_key(password, user, domain):
    """NTOWFv2: the user in capitals, the domain as it is written in the message."""
    return hmac.new(nt_hash(password), (user.upper() + domain).encode('utf-16-le'), hashlib.md5).digest()


def kind(message):
    if len(message) < 12 or not message.startswith(SIGNATURE):
        raise NotNtlm('no signature')
    return struct.unpack_from('<I', message, 8)[0]


def av_pair(number, value):
    return struct.pack('<HH', number, len(value)) + value


def challenge(domain, computer, dns_domain, now):
    """(CHALLENGE_MESSAGE, its eight random bytes)."""
    nonce = os.urandom(8)
    target = domain.encode('utf-16-le')
    info = (av_pair(AV_DOMAIN, target) + av_pair(AV_COMPUTER, computer.encode('utf-16-le'))
            + av_pair(AV_DNS_DOMAIN, dns_domain.encode('utf-16-le'))
            + av_pair(AV_DNS_COMPUTER, f'{computer.lower()}.{dns_domain}'.encode('utf-16-le'))
            + av_pair(AV_TIME, struct.pack('<Q', int((now + EPOCH) * 10_000_000))) + av_pair(AV_END, b''))
    head = 56
    message = (SIGNATURE + struct.pack('<IHHII', 2, len(target), len(target), head, CHALLENGE_FLAGS) + nonce + bytes(8)
               + struct.pack('<HHI', len(info), len(info), head + len(target)) + bytes((10, 0, 0x61, 0x58, 0, 0, 0, 15))
               + target + info)
    return message, nonce


def field(message, offset):
    length, _, start = struct.unpack_from('<HHI', message, offset)
    if start + length > len(message):
        raise NotNtlm('a field points outside of the message')
    return message[start:start + length]


class Authenticate:
    """AUTHENTICATE_MESSAGE, taken apart."""

    def __init__(self, message):
        if kind(message) != 3 or len(message) < 64:
            raise NotNtlm('not an AUTHENTICATE_MESSAGE')
        flags = struct.unpack_from('<I', message, 60)[0]
        coding = 'utf-16-le' if flags & UNICODE else 'latin-1'
        self.response = field(message, 20)
        try:
            self.domain = field(message, 28).decode(coding)
            self.user = field(message, 36).decode(coding)
        except UnicodeDecodeError as error:
            raise NotNtlm('a name is not text') from error

    def is_version_2(self):
        """24 bytes are NTLMv1, which a server of today does not take."""
        return len(self.response) > 24 + 20

    def proves(self, password, nonce):
        proof, blob = self.response[:16], self.response[16:]
        key = response_key(password, self.user, self.domain)
        return blob[:2] == b'\x01\x01' and hmac.compare_digest(
            proof, hmac.new(key, nonce + blob, hashlib.md5).digest())

    def has_channel_binding(self):
        """Whether the client bound itself to the TLS channel, which Extended Protection "Require" insists on."""
        pairs, offset = self.response[16 + 28:], 0
        while offset + 4 <= len(pairs):
            number, length = struct.unpack_from('<HH', pairs, offset)
            if number == AV_END:
                return False
            if number == AV_BINDINGS:
                return any(pairs[offset + 4:offset + 4 + length])
            offset += 4 + length
        return False
