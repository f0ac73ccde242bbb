"""The part of many tenants on SQLite: a file each, more of them than are kept open, beside one."""
import pathlib
import sqlite3

import report
import servers

HERE = pathlib.Path(__file__).resolve().parent
ROWS = 200  # of each tenant


def fill(folder, slug, rows):
    """The same rows in the file of a tenant, which nobody has open."""
    with sqlite3.connect(pathlib.Path(folder) / "store.db") as store:
        number = store.execute("SELECT id FROM tenants WHERE slug = ?", (slug,)).fetchone()[0]
    with sqlite3.connect(pathlib.Path(folder) / f"tenants/{slug}.db") as db:
        db.executemany(
            "INSERT INTO custom_contacts (id, tenant_id, email, name, age, balance, stage, "
            "created_at, updated_at) VALUES (?, ?, ?, ?, 40, 1.5, 'lead', ?, ?)",
            [(key, number, f"{key}@example.org", f"Name {key}", at, at) for key, at in rows])


def measure(bench, contacts):
    """Rows of the report; @bench has o (rounds, seconds, tenants, binary), folder, telaio()."""
    o, folder = bench.o, bench.folder / "tenants"
    bench.token = None
    with bench.telaio(folder) as t:
        token = t.set_up().token
        for i in range(o.tenants):
            t.ask("POST", "/api/tenants", {"slug": f"t{i}", "name": f"Tenant {i}"})
            t.ask("POST", "/api/db-editor/tables", contacts, {"X-Telaio-Tenant": f"t{i}"})
    rows = [(f"00000000-0000-4000-8000-{i:012x}", "2026-01-01T00:00:00.000000Z")
            for i in range(ROWS)]
    for i in range(o.tenants):
        fill(folder, f"t{i}", rows)
    ids = bench.folder / "tenant-ids"
    ids.write_text("\n".join([key for key, _ in rows] * 50) + "\n", encoding="ascii")
    bench.token = token
    path = HERE / "wrk/tenants.lua"
    one, many = [], []
    with bench.telaio(folder) as t:
        t.wake_tenants(o.tenants)
        for n in range(o.rounds + 1):
            for tenants, results in ((1, one), (o.tenants, many)):
                result = servers.load(t, path, ["/api/custom/contacts/", ids, token, tenants],
                                      o.seconds * (3 if n == 0 else 1))
                results.extend([result] if n else [])
    title = f"SQLite: point reads of {o.tenants:,} tenants (left: of one)"
    return [
        report.ratio_row(title, unit, [r[key] for r in one], [r[key] for r in many], aim,
                         digits=1 if key == "cpu" else 0)
        for key, unit, aim in (("cpu", "µs of processor", 1.2), ("rate", "requests/s", None))
    ]
