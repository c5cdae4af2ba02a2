"""What firms declare to the park month by month: revenue, clients and people served, with an evidence grade."""
