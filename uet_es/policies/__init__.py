"""What comes next: one question a file, asked in the order of ``kernel.POLICIES``.

``propose`` answers or stays silent; it changes nothing. No policy knows another.
"""
