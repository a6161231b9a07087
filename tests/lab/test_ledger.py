#!/usr/bin/env python3
"""Tests of ledger.py: what it must find, and what it must not take for a fault."""

import contextlib
import io
import json
import os
import tempfile
import unittest

import ledger

ALICE, BOB = "2001:db8:100::1", "2001:db8:100::2"


def line(second, node, event, user=ALICE, outside="203.0.113.1", ports="1024-1087", **more):
    data = {"instance": "ds1", "softwire": user, "vpn": "", "outside": outside}
    if ports:
        data["ports"] = ports
    data.update(more)
    text = " ".join(f'{k}="{v}"' for k, v in data.items())
    return f"<134>1 2026-01-31T12:00:{second:06.3f}Z {node} cgnd - {event} [nat@32473 {text}]"


class Case(unittest.TestCase):
    def run_on(self, *logs, probes=None, args=()):
        with tempfile.TemporaryDirectory() as place:
            files = []
            for k, lines in enumerate(logs):
                files.append(os.path.join(place, f"log{k}"))
                with open(files[-1], "w", encoding="utf-8") as f:
                    f.write("\n".join(lines) + "\n")
            if probes is not None:
                name = os.path.join(place, "probes")
                with open(name, "w", encoding="utf-8") as f:
                    f.write("\n".join(map(json.dumps, probes)))
                args = (*args, "--probes", name)
            with contextlib.redirect_stdout(io.StringIO()) as out:
                rc = ledger.main([*args, *files])
            return rc, out.getvalue()

    def good(self, *logs, **more):
        rc, out = self.run_on(*logs, **more)
        self.assertEqual(rc, 0, out)
        self.assertIn("0 violations", out)
        return out

    def bad(self, what, *logs, **more):
        rc, out = self.run_on(*logs, **more)
        self.assertEqual(rc, 1, out)
        self.assertIn(what, out)

    def test_one_after_the_other(self):
        self.good([line(1, "cgn-a", "block-assign"), line(2, "cgn-a", "block-release"),
                   line(2, "cgn-a", "block-assign", BOB)])

    def test_two_owners_of_a_block(self):
        self.bad("two owners", [line(1, "cgn-a", "block-assign")],
                 [line(2, "cgn-b", "block-assign", BOB)])

    def test_two_owners_by_one_box(self):
        self.bad("two owners", [line(1, "cgn-a", "block-assign"),
                                line(2, "cgn-a", "block-assign", BOB)])

    def test_blocks_that_overlap(self):
        self.bad("two owners", [line(1, "cgn-a", "block-assign", ports="1024-1087"),
                                line(2, "cgn-b", "block-assign", BOB, ports="1087-1100")])

    def test_neighbours_do_not(self):
        self.good([line(1, "cgn-a", "block-assign", ports="1024-1087"),
                   line(2, "cgn-b", "block-assign", BOB, ports="1088-1151"),
                   line(3, "cgn-b", "block-assign", BOB, outside="203.0.113.2")])

    def test_take_over_keeps_the_owner(self):
        out = self.good([line(1, "cgn-a", "block-assign")],
                        [line(5, "cgn-b", "block-assign"),
                         line(9, "cgn-b", "block-release"),
                         line(9.5, "cgn-b", "block-assign", BOB)])
        self.assertIn("1 repeated", out)

    def test_order_of_files_does_not_matter(self):
        self.good([line(9.5, "cgn-b", "block-assign", BOB), line(9, "cgn-b", "block-release")],
                  [line(1, "cgn-a", "block-assign")])

    def test_the_dead_own_for_a_while(self):
        logs = [line(1, "cgn-a", "block-assign")], [line(30, "cgn-b", "block-assign", BOB)]
        when = "2026-01-31T12:00:10Z"
        self.bad("two owners", *logs)
        self.good(*logs, args=("--dead", f"cgn-a={when}"))
        self.bad("two owners", *logs, args=("--dead", f"cgn-a={when}+25"))

    def test_who_dies_again(self):
        logs = [line(1, "cgn-a", "block-assign"), line(12, "cgn-a", "block-assign", ports="9-12")
                ], [line(25, "cgn-b", "block-assign", BOB, ports="9-12"),
                    line(25, "cgn-b", "block-assign", BOB)]
        first, again = "cgn-a=2026-01-31T12:00:05Z", "cgn-a=2026-01-31T12:00:13Z"
        self.bad("9-12", *logs, args=("--dead", first))
        self.good(*logs, args=("--dead", first, "--dead", again))

    def test_what_was_copied_is_not_orphaned(self):
        logs = [line(1, "cgn-a", "block-assign")], [line(30, "cgn-b", "block-assign", BOB)]
        dead = "cgn-a=2026-01-31T12:00:10Z+5,2026-01-31T12:00:"
        self.good(*logs, args=("--dead", dead + "00.5Z"))
        self.bad("two owners", *logs, args=("--dead", dead + "02Z"))

    def test_what_the_living_know_is_not_orphaned(self):
        self.bad("two owners", [line(1, "cgn-a", "block-assign")],
                 [line(11, "cgn-b", "block-assign"), line(30, "cgn-b", "block-assign", BOB)],
                 args=("--dead", "cgn-a=2026-01-31T12:00:10Z"))

    def test_ports_by_protocol(self):
        a = dict(ports="", outside="203.0.113.1:2000")
        self.good([line(1, "cgn-a", "port-assign", proto="tcp", **a),
                   line(2, "cgn-b", "port-assign", BOB, proto="udp", **a)])
        self.bad("two owners", [line(1, "cgn-a", "port-assign", proto="tcp", **a),
                                line(2, "cgn-b", "port-assign", BOB, proto="tcp", **a)])

    def test_port_in_the_block_of_another(self):
        self.bad("two owners", [line(1, "cgn-a", "block-assign"),
                                line(2, "cgn-b", "port-assign", BOB, ports="", proto="tcp",
                                     outside="203.0.113.1:1030")])

    def test_sessions_share_a_port(self):
        a = dict(ports="", outside="203.0.113.1:2000", proto="tcp")
        logs = [line(1, "cgn-a", "session-create", **a), line(2, "cgn-a", "session-create", **a),
                line(3, "cgn-a", "session-delete", **a)]
        self.bad("two owners", logs + [line(4, "cgn-a", "session-create", BOB, **a)])
        self.good(logs + [line(4, "cgn-a", "session-delete", **a),
                          line(5, "cgn-a", "session-create", BOB, **a)])

    def test_customers_with_the_same_address(self):
        a = dict(softwire="", inside="10.1.0.2")
        self.bad("two owners", [line(1, "cgn-a", "block-assign", vpn="red", **a)
                                .replace('softwire="" ', ""),
                                line(2, "cgn-b", "block-assign", vpn="blue", **a)
                                .replace('softwire="" ', "")])

    def test_probes(self):
        logs = [line(1, "cgn-a", "block-assign"), line(20, "cgn-a", "block-release")]
        seen = dict(time="2026-01-31T12:00:10Z", user=ALICE, outside="203.0.113.1", port=1050)
        self.good(logs, probes=[seen])
        self.bad("probe:", logs, probes=[dict(seen, user=BOB)])
        self.bad("nobody's", logs, probes=[dict(seen, port=1100)])
        self.bad("nobody's", logs, probes=[dict(seen, time="2026-01-31T12:00:30Z")])
        self.good(logs, probes=[dict(seen, time="2026-01-31T12:00:30Z")], args=("--grace", "15"))

    def test_logs_that_say_nothing(self):
        rc, _ = self.run_on(["<134>1 2026-01-31T12:00:00Z cgn-a cgnd - started", "hello"])
        self.assertEqual(rc, 2)


if __name__ == "__main__":
    unittest.main()
