"""The part on PostgreSQL: a private server, Telaio's store and tenants on it, and beside it bare
servers on libpq."""
import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import threading
import time
import urllib.parse

import report
import servers

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SCHEMA = "telaio_tenant_main"
READS = 20_000  # beside slow statements
CONNECTIONS = 20


class Database:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.env = {k: v for k, v in os.environ.items() if k != "TELAIO_TEST_POSTGRES"}
        self.socket = self.folder / "pg"

    def servers(self, action):
        subprocess.run([ROOT / "tests/support/servers", action, self.folder, "postgresql"],
                       env=self.env, check=True, stdout=subprocess.DEVNULL)

    def __enter__(self):
        self.folder.parent.chmod(0o711)  # the server is nobody and has to come through
        self.servers("start")
        return self

    def __exit__(self, *_):
        self.servers("stop")

    @property
    def address(self):
        return f"postgres://app@/postgres?socket={self.socket}&connections={CONNECTIONS}"

    @property
    def conninfo(self):
        return f"host={self.socket} user=app dbname=postgres"

    def sql(self, *texts):
        commands = [part for text in texts for part in ("-c", text)]
        return subprocess.run(["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
                               self.conninfo, *commands],
                              check=True, capture_output=True, text=True).stdout


class Bare(servers.Program):
    def __init__(self, program, database, *mode):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"127.0.0.1:{port}"
        super().__init__([program, database.conninfo, SCHEMA, port, *mode], errors=None)
        for _ in range(200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            except ConnectionRefusedError:
                time.sleep(0.02)
        raise RuntimeError("the bare server does not listen")


def latency(server, args, seconds):
    """wrk with latencies: (requests, median, most) in microseconds."""
    output = subprocess.run(
        servers.pinned(servers.processors()[1],
                       ["wrk", "-t1", "-c10", f"-d{seconds}s", "-s", HERE / "wrk/latency.lua",
                        f"http://{server.address}/", "--", *args]),
        capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in output:
        raise RuntimeError(output)
    n, median, most = re.search(r"latency (\d+) (\d+) (\d+)", output).groups()
    return int(n), int(median), int(most)


class PostgresBench:
    def __init__(self, bench, contacts):
        self.bench = bench
        self.o = bench.o
        self.contacts = contacts
        self.folder = bench.folder / "postgres"
        self.rows = []

    def compile(self):
        for name, libraries in (("pg_server", ["libpq"]), ("pg_threads", ["libpq", "libmicrohttpd"])):
            flags = subprocess.run(["pkg-config", "--cflags", "--libs", *libraries], check=True,
                                   capture_output=True, text=True).stdout.split()
            subprocess.run(["cc", "-O2", "-D_GNU_SOURCE", "-o", self.bench.folder / name,
                            HERE / f"{name}.c", *flags, "-lpthread"], check=True)

    def make_data(self, t):
        t.ask("POST", "/api/db-editor/tables", self.contacts)
        t.ask("POST", "/api/db-editor/tables/custom_contacts/indexes",
              {"name": "by_stage_and_name", "columns": ["stage", "name", "id"]})

    # ---- COPY ------------------------------------------------------------------------------------

    def import_bare(self, database):
        database.sql(f"SET search_path = {SCHEMA}; TRUNCATE public.bare")
        started = time.monotonic()
        database.sql(f"\\copy public.bare (email, name, age, balance, stage) from "
                     f"'{self.bench.csv}' csv header")
        return self.o.rows / (time.monotonic() - started)

    def import_telaio(self, database, t):
        database.sql(f"TRUNCATE {SCHEMA}.custom_contacts")
        body = self.bench.csv.read_bytes()
        started = time.monotonic()
        answer = t.ask("POST", "/api/db-editor/import/custom_contacts", body,
                       {"Content-Type": "text/csv"})
        seconds = time.monotonic() - started
        if answer["inserted"] != self.o.rows:
            raise RuntimeError(f"the import answered {answer}")
        return self.o.rows / seconds

    def measure_import(self, database, t):
        database.sql(f"CREATE TABLE public.bare (LIKE {SCHEMA}.custom_contacts INCLUDING ALL)",
                     "ALTER TABLE public.bare ALTER id SET DEFAULT gen_random_uuid(), "
                     "ALTER tenant_id SET DEFAULT 1, ALTER created_by SET DEFAULT 1")
        bare, telaio = [], []
        for _ in range(self.o.rounds):
            bare.append(self.import_bare(database))
            telaio.append(self.import_telaio(database, t))
        self.rows.append(report.ratio_row(
            f"PostgreSQL: import of {self.o.rows:,} rows as CSV (left: \\copy)", "rows/s", bare,
            telaio, 0.6, at_most=False, digits=0))
        database.sql("DROP TABLE public.bare")

    def export_bare(self, database):
        """Timed by psql: its start is no part of it."""
        said = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", database.conninfo],
                              input=f"\\timing on\n\\copy {SCHEMA}.custom_contacts to /dev/null "
                                    "csv header\n",
                              check=True, capture_output=True, text=True).stdout
        return self.o.rows / (float(re.search(r"Time: ([\d.]+) ms", said)[1]) / 1000)

    def export_telaio(self, t):
        connection = http.client.HTTPConnection(t.address, timeout=300)
        started = time.monotonic()
        connection.request("GET", "/api/db-editor/export/custom_contacts?format=csv",
                           headers={"Authorization": f"Bearer {t.token}"})
        response = connection.getresponse()
        n_lines = 0
        while piece := response.read1(1 << 18):
            n_lines += piece.count(b"\n")
        seconds = time.monotonic() - started
        connection.close()
        if response.status != 200 or n_lines != self.o.rows + 1:
            raise RuntimeError(f"the export answered {response.status} with {n_lines} lines")
        return self.o.rows / seconds

    def measure_export(self, database, t):
        bare, telaio = [], []
        for n in range(self.o.rounds + 1):  # the first one warms up
            both = (self.export_bare(database), self.export_telaio(t))
            if n:
                bare.append(both[0])
                telaio.append(both[1])
        self.rows.append(report.ratio_row(
            f"PostgreSQL: export of {self.o.rows:,} rows as CSV (left: \\copy, in no order)",
            "rows/s", bare, telaio, 0.6, at_most=False, digits=0))

    # ---- requests --------------------------------------------------------------------------------

    def write_ids(self, database):
        self.ids = self.bench.folder / "pg-ids"
        self.ids.write_text(database.sql(
            f"SELECT id FROM {SCHEMA}.custom_contacts ORDER BY md5(id::text) LIMIT 10000"),
            encoding="ascii")

    def measure_requests(self, database, t):
        filters = urllib.parse.quote(json.dumps({"stage": "lead"}))
        wanted = f"/api/custom/contacts?limit=50&sort=name&count=none&filters={filters}"
        kinds = {
            "one": (["/one/", self.ids, "none"], ["/api/custom/contacts/", self.ids, t.token]),
            "list": (["/list", "none"], [wanted, t.token]),
        }
        yardsticks = (
            ("libpq pipelined", {"one": 1.6, "list": 1.3}),
            ("libmicrohttpd, a blocking connection a thread", {"one": 1.0, "list": 1.0}),
            ("no library, a blocking connection a thread", {}),
        )
        results = {name: [[] for _ in range(len(yardsticks) + 1)] for name in kinds}
        bare = self.bench.folder / "pg_server"
        with Bare(bare, database, "pipelined") as p, \
                Bare(self.bench.folder / "pg_threads", database) as m, \
                Bare(bare, database, "blocking") as b:
            for n in range(self.o.rounds + 1):  # the first one warms up
                for name, (for_bare, for_telaio) in kinds.items():
                    path = HERE / "wrk" / f"{name}.lua"
                    seconds = self.o.seconds if n else 1
                    all_of_them = [servers.load(server, path, args, seconds)
                                   for server, args in ((p, for_bare), (m, for_bare), (b, for_bare),
                                                        (t, for_telaio))]
                    for place, one in zip(results[name], all_of_them):
                        place.extend([one] if n else [])
        titles = {"one": "point read", "list": "list of 50, filter and sort"}
        for name, (*others, telaio) in results.items():
            for (left, limits), other in zip(yardsticks, others):
                self.rows.append(report.ratio_row(
                    f"PostgreSQL: {titles[name]} (left: {left})", "µs of processor",
                    [r["cpu"] for r in other], [r["cpu"] for r in telaio], limits.get(name)))

    # ---- beside a slow statement -----------------------------------------------------------------

    def measure_slow(self, database, t):
        database.sql(f"CREATE VIEW {SCHEMA}.slow AS SELECT 1 AS id FROM pg_sleep(5)")
        args = ["/api/custom/contacts/", self.ids, t.token]
        seconds = 5
        latency(t, args, 2)
        ratios, most, n_reads = [], 0, 0
        over = threading.Event()

        def read_slowly():
            while not over.is_set():
                t.ask("GET", "/api/db-editor/data/slow")

        for _ in range(3):
            without = latency(t, args, seconds)
            over.clear()
            thread = threading.Thread(target=read_slowly)
            thread.start()
            time.sleep(0.2)
            beside = latency(t, args, seconds)
            over.set()
            thread.join()
            ratios.append(beside[1] / without[1])
            most = max(most, beside[2] / 1000)
            n_reads += beside[0]
        if n_reads < READS:
            raise RuntimeError(f"only {n_reads} reads beside the slow statements")
        self.rows.append(report.plain_row(
            "PostgreSQL: median of point reads beside a statement of 5 s, to without", "x", ratios,
            1.1, 2))
        self.rows.append(report.plain_row(
            f"PostgreSQL: longest of {n_reads:,} point reads beside it", "ms", [most], 100))
        database.sql(f"DROP VIEW {SCHEMA}.slow")

    # ---- many tenants ----------------------------------------------------------------------------

    def measure_tenants(self, database, t):
        for i in range(self.o.tenants):
            t.ask("POST", "/api/tenants", {"slug": f"t{i}", "name": f"Tenant {i}"})
            t.ask("POST", "/api/db-editor/tables", self.contacts, {"X-Telaio-Tenant": f"t{i}"})
        columns = database.sql(
            "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns "
            f"WHERE table_schema = '{SCHEMA}' AND table_name = 'custom_contacts' AND column_name "
            "<> 'tenant_id'").strip()
        for i in range(self.o.tenants):
            schema = f"telaio_tenant_t{i}"
            number = database.sql(f"SELECT id FROM telaio_store.tenants WHERE slug = 't{i}'").strip()
            database.sql(f"INSERT INTO {schema}.custom_contacts ({columns}, tenant_id) SELECT "
                         f"{columns}, {number} FROM {SCHEMA}.custom_contacts WHERE id IN (SELECT "
                         f"id FROM {SCHEMA}.custom_contacts ORDER BY md5(id::text) LIMIT 200)")
        few = self.bench.folder / "pg-few-ids"
        ids = self.ids.read_text(encoding="ascii").split()[:200]
        few.write_text("\n".join(ids * 50) + "\n", encoding="ascii")
        path = HERE / "wrk/tenants.lua"
        one, many = [], []
        t.wake_tenants(self.o.tenants)
        for n in range(self.o.rounds + 1):
            for tenants, results in ((1, one), (self.o.tenants, many)):
                result = servers.load(t, path, ["/api/custom/contacts/", few, t.token, tenants],
                                      self.o.seconds * (3 if n == 0 else 1))
                results.extend([result] if n else [])
        title = (f"PostgreSQL: point reads of {self.o.tenants:,} tenants on {CONNECTIONS} "
                 f"connections (left: of one)")
        for key, unit, aim in (("cpu", "µs of processor", 1.2), ("rate", "requests/s", None)):
            self.rows.append(report.ratio_row(
                title, unit, [r[key] for r in one], [r[key] for r in many], aim,
                digits=1 if key == "cpu" else 0))

    # ---- all of it -------------------------------------------------------------------------------

    def run(self):
        self.compile()
        with Database(self.folder) as database:
            with servers.Telaio(self.o.binary, self.bench.folder / "on-postgres",
                                ["--store", database.address]) as t:
                t.set_up()
                self.make_data(t)
                self.measure_import(database, t)
                database.sql(f"ANALYZE {SCHEMA}.custom_contacts")
                self.measure_export(database, t)
                self.write_ids(database)
                self.measure_requests(database, t)
                self.measure_slow(database, t)
                self.measure_tenants(database, t)
        return self.rows
