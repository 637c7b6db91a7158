"""Kizuna: an e-CRM for online shops. The rooms and the rules between them: docs/architecture.md."""
