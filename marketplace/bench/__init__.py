"""Measuring the pages against a bare-Flask floor of the same run, on the same machine, with the same load generator."""
