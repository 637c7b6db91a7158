"""The live operator: who may read a chat, who serves and who waits, how the panel looks and when it opens by itself."""
