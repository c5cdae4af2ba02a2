"""Marked demo data: fictional firms, clients, listings, orders and reports over 2023–2026, seeded, coherent with the ledger."""
