"""What every domain stands on and which knows no domain itself: database, clock, actor, audit, lifecycle, queue, web guards."""
